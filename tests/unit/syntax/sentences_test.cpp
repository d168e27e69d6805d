#include "tests/unit/syntax/sentences.h"

#include <gtest/gtest.h>

#include "compiler/diagnostics/codes/syntax.h"
#include "compiler/diagnostics/render.h"
#include "compiler/syntax/dump.h"
#include "compiler/syntax/format.h"
#include "tests/unit/syntax/ambiguity.h"
#include "tests/unit/syntax/corpus.h"

namespace lcr::syntax {
namespace {

constexpr int kSentences = 10'000;

// A file of one statement, so that each of the many drawn ones counts.
std::string file_of(const std::string& statement) { return "language 1\n\nrecipe \"x\"\n\n" + statement + "\n"; }

// The few things that the grammar leaves to the conversion are no errors of the parser.
bool is_read(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics.items()) {
    if (diagnostic.code != codes::L1016 && diagnostic.code != codes::L1017 && diagnostic.code != codes::L1018) return false;
  }
  return true;
}

TEST(Sentences, HaveOneReading) {
  Sentences sentences(20240501);
  size_t total = 0;
  for (int i = 0; i < kSentences; ++i) {
    std::string text = sentences.draw(LcrParser::RuleFile);
    total += text.size();
    Tokens tokens = lex(text);
    ASSERT_EQ(reports_of(tokens), "") << text;
  }
  EXPECT_GT(total, 400'000u);
}

// Formats drawn statements and reads the result again; gives the number of those that were not refused.
int check_formatting(Sentences sentences, std::string_view end) {
  Limits limits;
  limits.depth = 1000;
  int formatted = 0;
  for (int i = 0; i < kSentences; ++i) {
    std::string text = file_of(sentences.draw(LcrParser::RuleStatement)) + std::string(end);
    Parsed before(text, limits);
    EXPECT_TRUE(is_read(before.diagnostics)) << text << render_full(before.sources, before.diagnostics);
    if (before.diagnostics.size() > 0) continue;
    ++formatted;
    std::string once = format(before.sources, before.file);
    Parsed after(once, limits);
    EXPECT_EQ(render_full(after.sources, after.diagnostics), "") << text << "\nformatted:\n" << once;
    EXPECT_EQ(dump(before.file), dump(after.file)) << text << "\nformatted:\n" << once;
    EXPECT_EQ(before.file.comments.size(), after.file.comments.size()) << text << "\nformatted:\n" << once;
    EXPECT_EQ(once, format(after.sources, after.file)) << text;
    if (testing::Test::HasFailure()) break;
  }
  return formatted;
}

TEST(Sentences, SurviveConversionAndFormatting) {
  EXPECT_GT(check_formatting(Sentences(7), ""), kSentences * 9 / 10);
}

TEST(Sentences, KeepTheirComments) {
  EXPECT_GT(check_formatting(Sentences(8, true), "# the end"), kSentences * 9 / 10);
}

}  // namespace
}  // namespace lcr::syntax
