#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/syntax/dump.h"
#include "compiler/syntax/format.h"
#include "compiler/syntax/tokens.h"
#include "tests/support/golden.h"
#include "tests/unit/syntax/ambiguity.h"
#include "tests/unit/syntax/corpus.h"

namespace lcr::syntax {
namespace {

TEST(Corpus, IsReadWithoutDiagnostics) {
  ASSERT_GT(corpus().size(), 100u);
  for (const std::string& path : corpus()) {
    Parsed parsed(golden::read(path));
    EXPECT_EQ(render_concise(parsed.sources, parsed.diagnostics), "") << path;
    EXPECT_NE(parsed.file.header.kind, FileKind::None) << path;
    EXPECT_FALSE(parsed.file.statements.empty()) << path;
  }
}

TEST(Corpus, HasOneReading) {
  for (const std::string& path : corpus()) {
    std::string text = golden::read(path);
    Tokens tokens = lex(text);
    EXPECT_EQ(reports_of(tokens), "") << path;
  }
}

TEST(Corpus, KeepsItsMeaningWhenFormatted) {
  for (const std::string& path : corpus()) {
    Parsed before(golden::read(path));
    std::string once = format(before.sources, before.file);
    Parsed after(once);
    EXPECT_EQ(dump(before.file), dump(after.file)) << path;
    EXPECT_EQ(before.file.comments.size(), after.file.comments.size()) << path;
    EXPECT_EQ(once, format(after.sources, after.file)) << path;
  }
}

}  // namespace
}  // namespace lcr::syntax
