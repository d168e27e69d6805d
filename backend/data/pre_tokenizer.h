#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "backend/data/regex.h"
#include "backend/data/split.h"

namespace lcr {

// Puts a space before pieces that begin without one, splits with `pattern` (none when null), then writes bytes as
// letters.
struct ByteLevelStep {
  bool add_prefix_space = true;
  std::shared_ptr<const Regex> pattern;
  bool letters = true;
};
struct SplitStep {
  std::shared_ptr<const Regex> pattern;
  SplitBehavior behavior = SplitBehavior::Isolated;
  bool invert = false;
};
// The sets of code points that split by themselves.
enum class CharacterSet { Digit, WhiteSpace, Punctuation };
struct CharacterSplitStep {
  CharacterSet set = CharacterSet::Digit;
  SplitBehavior behavior = SplitBehavior::Isolated;
};
struct DelimiterStep {
  char32_t delimiter = ' ';
};
// Runs of word characters and runs of other characters, without white space.
struct WordRunsStep {};
enum class PrependScheme { Always, First, Never };
// Writes spaces as `replacement`, prepends it, and splits before each.
struct MetaspaceStep {
  std::string replacement;
  PrependScheme prepend = PrependScheme::Always;
  bool split = true;
};

using PreTokenizerStep =
    std::variant<ByteLevelStep, SplitStep, CharacterSplitStep, DelimiterStep, WordRunsStep, MetaspaceStep>;
// In order; nested sequences are flat here.
using PreTokenizer = std::vector<PreTokenizerStep>;

// Splits and rewrites the pieces. False when a search ran into its limits.
bool pre_tokenize(const PreTokenizer& steps, Pieces& pieces);

}  // namespace lcr
