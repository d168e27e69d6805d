#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/lint/lint.h"

namespace lcr {

// A regular expression or path glob as the text writes it; `begin` is the offset of its first character in the file.
struct PatternText {
  Span span;
  uint32_t begin = 0;
  std::string_view text;
  bool regex = false;
};
std::vector<PatternText> patterns_of(const LintText& on);

// Dots of an expression that match any character and are probably meant as dots: none of a quantifier, none in a class.
std::vector<size_t> bare_dots(std::string_view regex);

// The glob that says the same as a regular expression of literals, escaped dots, `[^.]*` and plain alternatives;
// `exact` is false where they differ on names that models do not have (`\d+`, `.*` in front).
struct AsGlob {
  std::string glob;
  bool exact = true;
};
std::optional<AsGlob> as_glob(std::string_view regex);

}  // namespace lcr
