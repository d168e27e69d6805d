#include "compiler/syntax/format.h"

#include <gtest/gtest.h>

#include "compiler/diagnostics/render.h"
#include "compiler/syntax/dump.h"
#include "compiler/syntax/layout.h"
#include "tests/support/golden.h"
#include "tests/unit/syntax/corpus.h"

namespace lcr::syntax {
namespace {

// tests/fmt/NAME.lcr is an input, NAME.formatted what becomes of it.
TEST(Format, WritesTheCanonicalText) {
  std::vector<std::string> inputs = golden::list(golden::path("fmt"), ".lcr");
  ASSERT_FALSE(inputs.empty());
  for (const std::string& path : inputs) {
    Parsed before(golden::read(path));
    ASSERT_EQ(render_full(before.sources, before.diagnostics), "") << path;
    std::string once = format(before.sources, before.file);
    golden::expect_equal(path.substr(0, path.size() - 4) + ".formatted", once);
    Parsed after(once);
    EXPECT_EQ(dump(before.file), dump(after.file)) << path;
    EXPECT_EQ(once, format(after.sources, after.file)) << path;
  }
}

TEST(Format, LeavesNoTraceOfTheLineEnds) {
  std::string text = "language 1\n\nrecipe \"x\"\n\nscheme A {\n  weights = int4\n  # note\n}\n";
  std::string windows;
  for (char c : text) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  Parsed parsed(windows);
  EXPECT_EQ(format(parsed.sources, parsed.file), text);
}

TEST(Layout, BreaksOnlyWhatDoesNotFit) {
  Doc inner = group(concat({text("f("), nest(2, concat({soft_line(), text("x,"), line(), text("y")})), soft_line(), text(")")}));
  Doc outer = group(concat({text("a"), line(), inner}));
  EXPECT_EQ(print(outer, 80), "a f(x, y)");
  EXPECT_EQ(print(outer, 8), "a\nf(x, y)");
  EXPECT_EQ(print(outer, 5), "a\nf(\n  x,\n  y\n)");
  EXPECT_EQ(flat_width(outer), 9);
  EXPECT_EQ(flat_width(hard_line()), std::nullopt);
}

TEST(Layout, FillsLines) {
  std::vector<Doc> items;
  for (const char* item : {"aa", "bb", "cc", "dd"}) items.push_back(text(item));
  EXPECT_EQ(print(concat({text("f("), fill(items), text(")")}), 10), "f(aa, bb,\n  cc, dd)");
}

TEST(Layout, CountsCodePoints) { EXPECT_EQ(width_of("aé→"), 3); }

}  // namespace
}  // namespace lcr::syntax
