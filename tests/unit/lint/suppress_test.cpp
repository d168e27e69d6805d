#include <gtest/gtest.h>

#include "compiler/diagnostics/codes/style.h"
#include "compiler/diagnostics/render.h"
#include "compiler/lint/analyze.h"
#include "compiler/lint/fix.h"

namespace lcr {
namespace {

const std::string head = "language 1\n\n## Doc.\nrecipe \"r\"\n\ndefault keep\n";
const std::string tail = "\nexport dense { dir = \"out\" }\n";

struct Read {
  Sources sources;
  uint32_t file = 0;
  Diagnostics found;

  explicit Read(const std::string& text, const LintOptions& lint = {}) {
    AnalyzeOptions options;
    options.lint = lint;
    file = sources.add("r.lcr", text);
    analyze(sources, file, options, found);
  }
  std::string ids() const {
    std::string text;
    for (const Diagnostic* diagnostic : found.sorted())
      text += std::string(text.empty() ? "" : " ") + std::string(info(diagnostic->code).id);
    return text;
  }
};

TEST(Suppress, TheLineItself) {
  EXPECT_EQ(Read(head + "keep optional re`a.b`  # lcr: ignore[L9101] meant\n" + tail).ids(), "");
}

TEST(Suppress, TheLineBelow) {
  EXPECT_EQ(Read(head + "# lcr: ignore[unescaped-dot] meant\n# more about it\n\nkeep optional re`a.b`\n" + tail).ids(),
            "");
}

TEST(Suppress, NotTheLineAfterTheNext) {
  EXPECT_EQ(Read(head + "# lcr: ignore[L9101] meant\nkeep optional `a`\nkeep optional re`a.b`\n" + tail).ids(),
            "L9001 L9101");
}

TEST(Suppress, TheWholeFile) {
  const std::string text =
      "# lcr: ignore-file[L9101, L9003] generated\nlanguage 1\n\nrecipe \"r\"\n\ndefault keep\nkeep optional "
      "re`a.b`\nkeep optional re`c.d`\n" +
      tail;
  EXPECT_EQ(Read(text).ids(), "");
}

TEST(Suppress, TheWholeFileOnlyFromItsTop) {
  EXPECT_EQ(Read(head + "# lcr: ignore-file[L9101] late\nkeep optional re`a.b`\n" + tail).ids(), "L9005 L9101");
}

TEST(Suppress, NothingWithoutAReason) {
  EXPECT_EQ(Read(head + "# lcr: ignore[L9101]\nkeep optional re`a.b`\n" + tail).ids(), "L9004 L9101");
}

TEST(Suppress, NoErrors) {
  EXPECT_EQ(Read(head + "# lcr: ignore[L2014] later\nkeep nothing_like_it\n" + tail).ids(), "L9005 L2014");
}

TEST(Suppress, UnusedOnlyWhenTheRuleRan) {
  // L9106 needs a model; L9101 is off.
  LintOptions off;
  off.ignore = {"L9101"};
  EXPECT_EQ(
      Read(head + "# lcr: ignore[L9106] later\n# lcr: ignore[L9101] later\nkeep optional `a`\n" + tail, off).ids(), "");
  EXPECT_EQ(Read(head + "# lcr: ignore[L9101] later\nkeep optional `a`\n" + tail).ids(), "L9001");
}

TEST(Suppress, OneOfAListIsTakenOut) {
  const Read read(head + "# lcr: ignore[L9101, L9102, L9104] meant\nkeep optional re`a.1.*`\n" + tail);
  EXPECT_EQ(read.ids(), "L9001");
  const Fixed fixed = apply_fixes(read.sources, read.file, read.found, false);
  EXPECT_NE(fixed.text.find("# lcr: ignore[L9101, L9102] meant\n"), std::string::npos) << fixed.text;
}

TEST(Options, SelectIgnoreSeverityPreview) {
  const std::string text = head + "keep optional re`a.b`\n" + tail;
  LintOptions options;
  options.select = {"L92"};
  EXPECT_EQ(Read(text, options).ids(), "");
  options.select = {"L91"};
  EXPECT_EQ(Read(text, options).ids(), "L9101");
  options.ignore = {"unescaped-dot"};
  EXPECT_EQ(Read(text, options).ids(), "");
  options = {};
  options.severity = {{"L9101", Severity::Error}};
  EXPECT_EQ(Read(text, options).found.items().at(0).severity, Severity::Error);
  options = {};
  options.select = {"file-name"};  // in preview, and named
  EXPECT_EQ(Read("language 1\n\n## Doc.\nrecipe \"other\"\n\ndefault keep\n" + tail, options).ids(), "L9008");
  options.select = {"L90"};
  EXPECT_EQ(Read("language 1\n\n## Doc.\nrecipe \"other\"\n\ndefault keep\n" + tail, options).ids(), "");
}

TEST(Options, ErrorsStay) {
  LintOptions options;
  options.ignore = {"all"};
  options.severity = {{"all", Severity::Note}};
  const Read read(head + "keep nothing_like_it\n" + tail, options);
  EXPECT_EQ(read.ids(), "L2014");
  EXPECT_TRUE(read.found.has_errors());
}

}  // namespace
}  // namespace lcr
