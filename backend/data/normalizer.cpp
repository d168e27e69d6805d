#include "backend/data/normalizer.h"

#include <algorithm>

namespace lcr {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Rebuilds a text from what write(code, result) appends for each of its code points.
template <typename Write>
std::string rewrite(std::string_view text, Write write) {
  std::string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) write(next_code_point(text, at), result);
  return result;
}

template <typename Predicate>
std::string without(std::string_view text, Predicate drops) {
  return rewrite(text, [&](char32_t code, std::string& result) {
    if (!drops(code)) append_code_point(result, code);
  });
}

// The CJK ideograph blocks that the original WordPiece tokenizer puts spaces around.
bool is_ideograph(char32_t code) {
  constexpr char32_t blocks[][2] = {{0x4e00, 0x9fff},   {0x3400, 0x4dbf},   {0x20000, 0x2a6df}, {0x2a700, 0x2b73f},
                                    {0x2b740, 0x2b81f}, {0x2b920, 0x2ceaf}, {0xf900, 0xfaff},   {0x2f800, 0x2fa1f}};
  return std::any_of(std::begin(blocks), std::end(blocks), [&](auto& block) { return code >= block[0] && code <= block[1]; });
}

bool is_line_space(char32_t code) { return code == '\t' || code == '\n' || code == '\r'; }

bool run(const ComposeStep& step, std::string& text, bool&) {
  // ASCII is its own normal form.
  if (is_ascii(text)) return true;
  auto normal = normal_form(text, step.form);
  if (!normal) return false;
  text = std::move(*normal);
  return true;
}

bool run(const LowercaseStep&, std::string& text, bool&) {
  text = lower_case(text);
  return true;
}

bool run(const ReplaceStep& step, std::string& text, bool&) {
  std::vector<Slice> slices;
  if (!step.pattern->cut(text, slices)) return false;
  std::string result;
  result.reserve(text.size());
  for (const Slice& slice : slices)
    slice.match ? result.append(step.content) : result.append(text, slice.begin, slice.end - slice.begin);
  text = std::move(result);
  return true;
}

bool run(const PrependStep& step, std::string& text, bool&) {
  if (!text.empty()) text.insert(0, step.content);
  return true;
}

bool run(const StripStep& step, std::string& text, bool& at_start) {
  size_t begin = 0;
  size_t end = 0;
  bool seen = false;
  for (size_t at = 0; at < text.size();) {
    size_t here = at;
    if (is_white_space(next_code_point(text, at))) continue;
    if (!seen) begin = here;
    seen = true;
    end = at;
  }
  if (!seen && step.left) begin = text.size();
  if (!step.left) begin = 0;
  if (!step.right) end = text.size();
  if (begin > 0) at_start = false;
  text = end > begin ? text.substr(begin, end - begin) : std::string();
  return true;
}

bool run(const StripAccentsStep&, std::string& text, bool&) {
  text = without(text, is_mark);
  return true;
}

bool run(const CleanTextStep& step, std::string& text, bool& at_start) {
  if (step.clean_text)
    text = rewrite(text, [](char32_t code, std::string& result) {
      if (code == 0 || code == 0xfffd || (is_other(code) && !is_line_space(code))) return;
      append_code_point(result, is_white_space(code) ? U' ' : code);
    });
  if (step.handle_chinese_chars)
    text = rewrite(text, [](char32_t code, std::string& result) {
      bool apart = is_ideograph(code);
      if (apart) result += ' ';
      append_code_point(result, code);
      if (apart) result += ' ';
    });
  if (step.strip_accents) {
    if (!run(ComposeStep{NormalForm::Nfd}, text, at_start)) return false;
    text = without(text, is_nonspacing_mark);
  }
  return !step.lowercase || run(LowercaseStep{}, text, at_start);
}

bool run(const ByteLettersStep&, std::string& text, bool&) {
  text = byte_letters(text);
  return true;
}

}  // namespace

bool normalize(const Normalizer& steps, std::string& text, bool& at_start) {
  for (const NormalizerStep& step : steps) {
    bool done = std::visit([&](const auto& kind) { return run(kind, text, at_start); }, step);
    if (!done) return false;
  }
  return true;
}

std::string byte_letters(std::string_view text) {
  std::string letters;
  letters.reserve(text.size() * 2);
  for (char byte : text) append_code_point(letters, byte_letter(static_cast<uint8_t>(byte)));
  return letters;
}

}  // namespace lcr
