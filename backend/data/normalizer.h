#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "backend/data/regex.h"
#include "backend/data/unicode.h"

namespace lcr {

struct ComposeStep {
  NormalForm form = NormalForm::Nfc;
};
struct LowercaseStep {};
struct ReplaceStep {
  std::shared_ptr<const Regex> pattern;
  std::string content;
};
struct PrependStep {
  std::string content;
};
struct StripStep {
  bool left = true;
  bool right = true;
};
// Drops all marks; the text is not decomposed first.
struct StripAccentsStep {};
struct CleanTextStep {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;
  bool lowercase = true;
};
// Every byte becomes its letter.
struct ByteLettersStep {};

using NormalizerStep = std::variant<ComposeStep, LowercaseStep, ReplaceStep, PrependStep, StripStep, StripAccentsStep,
                                    CleanTextStep, ByteLettersStep>;
// In order; nested sequences are flat here.
using Normalizer = std::vector<NormalizerStep>;

// Rewrites `text` (valid UTF-8). `at_start` is cleared when the first code points were stripped. False when a search or
// the Unicode library ran into its limits.
bool normalize(const Normalizer& steps, std::string& text, bool& at_start);

// Every byte as its letter.
std::string byte_letters(std::string_view text);

}  // namespace lcr
