#include "backend/data/regex.h"

#include <optional>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "backend/data/pattern_dialect.h"

namespace lcr {
namespace {

// Steps before a search gives up; far above what a linear pattern needs on a document of many MB.
constexpr uint32_t kMatchLimit = 100'000'000;
constexpr size_t kJitStackStart = 64 << 10;
constexpr size_t kJitStackMost = 8 << 20;

// What one thread needs to run any pattern.
struct Scratch {
  pcre2_match_data* match = pcre2_match_data_create(1, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(kJitStackStart, kJitStackMost, nullptr);

  Scratch() {
    if (!context) return;
    pcre2_set_match_limit(context, kMatchLimit);
    if (stack) pcre2_jit_stack_assign(context, nullptr, stack);
  }
  ~Scratch() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
    pcre2_match_data_free(match);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

Scratch& scratch() {
  thread_local Scratch own;
  return own;
}

size_t code_point_length(char head) {
  auto byte = static_cast<unsigned char>(head);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

}  // namespace

void Regex::Free::operator()(void* code) const { pcre2_code_free(static_cast<pcre2_code*>(code)); }

std::shared_ptr<const Regex> Regex::build(std::string_view pattern, unsigned options, std::string& problem) {
  int error = 0;
  PCRE2_SIZE at = 0;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &error, &at, nullptr);
  if (!code) {
    PCRE2_UCHAR text[160] = {};
    pcre2_get_error_message(error, text, sizeof text);
    problem = reinterpret_cast<const char*>(text);
    return nullptr;
  }
  // Without JIT the same search runs interpreted.
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  return std::shared_ptr<const Regex>(new Regex(code));
}

std::shared_ptr<const Regex> Regex::compile(std::string_view pattern, std::string& problem) {
  std::optional<std::string> translated = translate_pattern(pattern, problem);
  if (!translated) return nullptr;
  // Lines begin and end at every newline in the files' dialect.
  return build(*translated, PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, problem);
}

std::shared_ptr<const Regex> Regex::literal(std::string_view text, std::string& problem) {
  return build(text, PCRE2_UTF | PCRE2_LITERAL, problem);
}

bool Regex::cut(std::string_view text, std::vector<Slice>& slices) const {
  if (text.empty()) {
    slices.push_back({0, 0, false});
    return true;
  }
  Scratch& own = scratch();
  if (!own.match || !own.context) return false;
  const auto* code = static_cast<const pcre2_code*>(code_.get());
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  const PCRE2_SIZE* range = pcre2_get_ovector_pointer(own.match);
  size_t from = 0;
  size_t covered = 0;
  bool any = false;
  while (from <= text.size()) {
    int rc = pcre2_match(code, subject, text.size(), from, PCRE2_NO_UTF_CHECK, own.match, own.context);
    if (rc == PCRE2_ERROR_NOMATCH) break;
    if (rc < 0) return false;
    size_t begin = range[0];
    size_t end = range[1];
    // \K and lookbehind tricks could report a hit that begins in the last one; no tokenizer means that.
    if (end < begin || begin < covered) return false;
    // An empty hit right behind the last one is not taken.
    if (begin == end && any && end == covered) {
      from = end < text.size() ? end + code_point_length(text[end]) : end + 1;
      continue;
    }
    if (covered < begin) slices.push_back({covered, begin, false});
    slices.push_back({begin, end, true});
    from = covered = end;
    any = true;
  }
  if (covered < text.size()) slices.push_back({covered, text.size(), false});
  return true;
}

}  // namespace lcr
