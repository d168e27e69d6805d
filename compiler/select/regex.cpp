#define PCRE2_CODE_UNIT_WIDTH 8
#include "compiler/select/regex.h"

#include <pcre2.h>

#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// Steps of the matcher for one name. Names have some 60 characters; patterns that people write need a few hundred.
constexpr uint32_t step_limit = 20000;
constexpr uint32_t heap_limit_kib = 4096;

}  // namespace

struct NameRegex::Compiled {
  pcre2_code* code = nullptr;
  pcre2_match_data* data = nullptr;
  pcre2_match_context* context = nullptr;
  ~Compiled() {
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
    pcre2_code_free(code);
  }
};

NameRegex::NameRegex(std::string_view pattern, Anchor anchor) : compiled_(std::make_unique<Compiled>()) {
  uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE;
  if (anchor != Anchor::None) options |= PCRE2_ANCHORED;
  if (anchor == Anchor::Whole) options |= PCRE2_ENDANCHORED;
  int error = 0;
  PCRE2_SIZE offset = 0;
  compiled_->code =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options, &error, &offset, nullptr);
  if (compiled_->code == nullptr) {
    unsigned char message[160];
    pcre2_get_error_message(error, message, sizeof message);
    problem_ = reinterpret_cast<const char*>(message);
    offset_ = offset;
    return;
  }
  pcre2_jit_compile(compiled_->code, PCRE2_JIT_COMPLETE);  // without JIT the interpreter does the same, slower
  compiled_->data = pcre2_match_data_create_from_pattern(compiled_->code, nullptr);
  compiled_->context = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(compiled_->context, step_limit);
  pcre2_set_heap_limit(compiled_->context, heap_limit_kib);
}

NameRegex::~NameRegex() = default;
NameRegex::NameRegex(NameRegex&&) noexcept = default;

NameRegex::Result NameRegex::match(std::string_view subject) const {
  LCR_CHECK(compiled_->code != nullptr, "a pattern that did not compile is matched");
  const int result = pcre2_match(compiled_->code, reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), 0, 0,
                                 compiled_->data, compiled_->context);
  if (result >= 0) return Result::Yes;
  return result == PCRE2_ERROR_NOMATCH ? Result::No : Result::TooExpensive;
}

}  // namespace lcr
