#include <gtest/gtest.h>

#include "backend/data/pattern_dialect.h"
#include "backend/data/regex.h"

namespace lcr {
namespace {

std::vector<std::string> hits(const std::string& pattern, const std::string& text) {
  std::string problem;
  auto regex = Regex::compile(pattern, problem);
  EXPECT_TRUE(regex) << pattern << ": " << problem;
  std::vector<std::string> found;
  std::vector<Slice> slices;
  if (!regex || !regex->cut(text, slices)) return {"failed"};
  for (const Slice& slice : slices)
    if (slice.match) found.push_back(text.substr(slice.begin, slice.end - slice.begin));
  return found;
}

using Words = std::vector<std::string>;

const char* const kPublished[] = {
    // Byte-level BPE of 2019, and its one-digit and three-digit successors.
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)",
    // Words split where case changes.
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    // Several splits, one after another.
    R"([一-龥぀-ゟ゠-ヿ]+)",
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"([\r\n])",
    R"(\s?\p{L}+)",
    R"(\s?\p{P}+)",
    R"([一-龥ࠀ-一가-퟿]+)",
    R"( ?[^(\s|[.,!?…。，、।۔،])]+)",
    R"(.*?[\p{Han}]+|[\p{L}\p{M}&&[^\p{Han}]]+)",
};

TEST(Pattern, PublishedSplitsCompile) {
  for (const char* pattern : kPublished) {
    std::string problem;
    auto regex = Regex::compile(pattern, problem);
    EXPECT_TRUE(regex) << pattern << ": " << problem;
  }
}

TEST(Pattern, PublishedSplitsCut) {
  EXPECT_EQ(hits(kPublished[0], "It's  12 x"), (Words{"It", "'s", " ", " 12", " x"}));
  EXPECT_EQ(hits(kPublished[2], "THEY'RE 12345\r\n\n x"), (Words{"THEY", "'RE", " ", "123", "45", "\r\n\n", " x"}));
  EXPECT_EQ(hits(kPublished[5], "camelCase XMLParser"), (Words{"camel", "Case", " XMLParser"}));
}

TEST(Pattern, AnIntervalWithPlusRepeats) {
  EXPECT_EQ(hits(R"(\p{N}{1,3}+)", "12345678"), (Words{"12345678"}));
  EXPECT_EQ(hits(R"((ab){1}+)", "ababx"), (Words{"abab"}));
}

TEST(Pattern, KeepsTheDialectsSets) {
  // U+180E is no space; marks are word characters; \h is a hexadecimal digit.
  EXPECT_EQ(hits(R"(\s)", "\u180e\u0085\u3000"), (Words{"\u0085", "\u3000"}));
  EXPECT_EQ(hits(R"(\w+)", "e\u0301_1 x"), (Words{"e\u0301_1", "x"}));
  EXPECT_EQ(hits(R"(\h+)", "xyzBEEF g"), (Words{"BEEF"}));
  EXPECT_EQ(hits(R"(\p{Han}+)", "中、文"), (Words{"中", "文"}));
  EXPECT_EQ(hits(R"([\u4e00-\u9fff]+)", "a中文"), (Words{"中文"}));
  EXPECT_EQ(hits(R"([a-z&&[^aeiou]]+)", "abcde"), (Words{"bcd"}));
  EXPECT_EQ(hits(R"([^x[\s]]+)", "ax b"), (Words{"a", "b"}));
  EXPECT_EQ(hits(R"(\b\w)", "ab cd"), (Words{"a", "c"}));
}

TEST(Pattern, LinesBeginAndEndAtNewlines) { EXPECT_EQ(hits("^.", "a\nb"), (Words{"a", "b"})); }

TEST(Pattern, BrokenPatternsAreExplained) {
  for (const char* pattern : {"(", ")", "[", "[a", "a\\", "[\\", "\\p{Nothing}", "\\p{", "[a[^bc]]", "(?<n", "*", "\\u12", "[[:x", "[&&]"}) {
    std::string problem;
    EXPECT_FALSE(Regex::compile(pattern, problem)) << pattern;
    EXPECT_NE(problem, "") << pattern;
  }
}

TEST(Pattern, GivesUpInsteadOfRunningForever) {
  std::string problem;
  auto regex = Regex::compile("^(a|aa)+$", problem);
  ASSERT_TRUE(regex);
  std::vector<Slice> slices;
  EXPECT_FALSE(regex->cut(std::string(200, 'a') + "c", slices));
}

}  // namespace
}  // namespace lcr
