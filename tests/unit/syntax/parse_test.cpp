#include <chrono>

#include <gtest/gtest.h>

#include "compiler/diagnostics/codes/syntax.h"
#include "compiler/diagnostics/render.h"
#include "compiler/syntax/dump.h"
#include "tests/support/golden.h"
#include "tests/unit/syntax/corpus.h"

namespace lcr::syntax {
namespace {

std::string first_dump(const std::string& statement) {
  Parsed parsed("language 1\nrecipe \"x\"\n" + statement);
  EXPECT_EQ(render_full(parsed.sources, parsed.diagnostics), "");
  std::string text = dump(parsed.file);
  size_t begin = text.find("(recipe \"x\")\n");
  return begin == std::string::npos ? text : text.substr(begin + 13);
}

TEST(Parse, BuildsTheTree) {
  EXPECT_EQ(first_dump("use std.roles.{a, b as c}"), "(use (module std roles) a (as b c))\n");
  EXPECT_EQ(first_dump("use \"team.lcr\".{a}"), "(use (file \"team.lcr\") a)\n");
  EXPECT_EQ(first_dump("select a = `x.*` | optional (b & c) except re`d` expect 3"),
            "(select a (set (operators | except) (operands `x.*` (optional (group (set (operators &) (operands b c)))) "
            "re`d`)) (expect 3))\n");
  EXPECT_EQ(first_dump("keep layers(0..1, -2..-1, 1..31 by 2, -3)"),
            "(keep (layers (range 0 1 1) (range -2 -1 1) (range 1 31 2) -3))\n");
  EXPECT_EQ(first_dump("keep where(in / 2 + 64 > (out - 1) * 2)"),
            "(keep (where (> (+ (/ in 2) 64) (* (- out 1) 2))))\n");
  EXPECT_EQ(first_dump("override quantize a as auto [keep, W4 with gptq then rtn(a)] with awq(duo = on)"),
            "(override (quantize a (candidate keep) (candidate W4 (with (stack gptq (call rtn (with a))))) (with (stack (call awq "
            "(with (= duo on)))))))\n");
  EXPECT_EQ(first_dump("prune a to 2:4 with wanda"), "(prune a (to 2:4) (with wanda))\n");
  EXPECT_EQ(first_dump("prune a by 25% with wanda"), "(prune a (by 25%) (with wanda))\n");
  EXPECT_EQ(first_dump("budget { weights <= 4.5bpw over a  x = - 1.5e-3 }"),
            "(budget (fields (<= weights 4.5bpw (over a)) (= x -1.5e-3)))\n");
  EXPECT_EQ(first_dump("schedule { device cuda(0..3, 5) { memory <= 1GiB } host {} disk \"/a\" {} workers = 2 }"),
            "(schedule (device cuda (ids (range 0 3 1) 5) (fields (<= memory 1GiB))) (host (fields)) (disk (path \"/a\") "
            "(fields)) (= workers 2))\n");
}

TEST(Parse, BuildsGraphs) {
  EXPECT_EQ(first_dump("model(x: [t]) { q, k[i] = a.b `p` (x, y = 1)[0] -> (h, [2, d]) role router  yield -q * (k + 1) }"),
            "(model (parameters (parameter x (output (dimensions t)))) (body (assign (targets q (index k i)) (values "
            "(annotated (index (member a b (with `p` x (= y 1))) 0) (shape (outputs h (dimensions 2 d))) (role router)))) "
            "(yield (values (* (negate q) (group (+ k 1)))))))\n");
  EXPECT_EQ(first_dump("config { a = b or c default if x not in [1] and not y { 1 } else if z { 2 } else { 3 } }"),
            "(config (= a (default (or b c) (choice (and (not in x (list 1)) (not y)) (bodies (bare (yield (values 1))) "
            "(bare (yield (values (choice z (bodies (bare (yield (values 2))) (bare (yield (values 3)))))))))))))\n");
  EXPECT_EQ(first_dump("layout \"l\" { `a` = c(`b`, `d`)[e][0..<2 * i by 2, *].transposed }"),
            "(layout \"l\" (row `a` (codec c) (sources `b` `d`) (view e) (view (slice 0 (* 2 i) 2) *) (property "
            "transposed)))\n");
}

TEST(Parse, KeepsDocumentationAndComments) {
  Parsed parsed(
      "## about\n## the file\n\n## the recipe\nlanguage 1\n\n# no doc\n## one\n##  two\nrecipe \"x\"\n## apart\n\nkeep a # "
      "behind\n## b\nkeep b\n");
  ASSERT_EQ(parsed.diagnostics.size(), 0u);
  EXPECT_EQ(parsed.file.header.doc, "one\n two");
  ASSERT_EQ(parsed.file.statements.size(), 2u);
  EXPECT_EQ(parsed.file.statements[0].doc, "");
  EXPECT_EQ(parsed.file.statements[1].doc, "b");
  ASSERT_EQ(parsed.file.comments.size(), 9u);
  EXPECT_FALSE(parsed.file.comments[7].own_line);
  EXPECT_EQ(parsed.file.comments[7].text, "# behind");
}

TEST(Parse, ReadsBetweenErrors) {
  Parsed parsed("language 1\nrecipe \"x\"\nkeep a\nkep b\nquantize c W4 with rtn\n\nkeep d\n");
  EXPECT_EQ(parsed.diagnostics.size(), 2u);
  EXPECT_EQ(dump(parsed.file), "(language 1)\n(recipe \"x\")\n(keep a)\n(keep d)\n");
}

TEST(Parse, KeepsSpansInBytes) {
  Parsed parsed("language 1\nrecipe \"é\"\nkeep `ü`\n");
  ASSERT_EQ(parsed.file.statements.size(), 1u);
  EXPECT_EQ(parsed.sources.text(parsed.file.statements[0].span), "keep `ü`");
  EXPECT_EQ(parsed.file.header.name, "é");
}

TEST(Parse, AcceptsAByteOrderMark) {
  Parsed parsed("\xEF\xBB\xBFlanguage 1\nrecipe \"x\"\n");
  EXPECT_EQ(parsed.diagnostics.size(), 0u);
}

TEST(Limits, RefuseLargeFiles) {
  Limits limits;
  limits.bytes = 100;
  Parsed parsed(std::string(101, ' '), limits);
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_EQ(parsed.diagnostics.items()[0].code, codes::L1012);
}

TEST(Limits, KeepDeepTextsFromTheStack) {
  for (const char* open : {"(", "[", "optional ", "{ a = (", "not ", "- "}) {
    std::string text = "language 1\nrecipe \"x\"\nkeep ";
    for (int i = 0; i < 50'000; ++i) text += open;
    Parsed parsed(std::move(text));
    EXPECT_TRUE(parsed.diagnostics.has_errors()) << open;
  }
}

TEST(Limits, AreFarFromWhatPeopleWrite) {
  Limits limits;
  limits.depth = 16;
  for (const std::string& path : corpus()) {
    Parsed parsed(golden::read(path), limits);
    EXPECT_EQ(parsed.diagnostics.size(), 0u) << path;
  }
}

// The limit is an order of magnitude above what is measured, so that only a change of kind is found.
TEST(Parse, IsFast) {
  std::string text = golden::read(std::string(LCR_SOURCE_DIR) + "/stdlib/architectures/qwen3_next.lcr");
  Parsed warm(text);
  auto begin = std::chrono::steady_clock::now();
  Parsed parsed(text);
  std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(time.count(), 60.0);
}

}  // namespace
}  // namespace lcr::syntax
