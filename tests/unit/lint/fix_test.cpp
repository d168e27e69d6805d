#include <gtest/gtest.h>

#include "compiler/diagnostics/codes/style.h"
#include "compiler/lint/analyze.h"
#include "compiler/lint/check_fixes.h"
#include "compiler/lint/fix.h"
#include "compiler/model/elaborate.h"
#include "tests/support/golden.h"

namespace lcr {
namespace {

Fix replace(uint32_t begin, uint32_t end, std::string text, Applicability applicability = Applicability::Safe) {
  return {"", applicability, {{{1, begin, end}, std::move(text)}}};
}

// Applies fixes to "0123456789".
std::string applied(const std::vector<Fix>& fixes, bool unsafe = false) {
  Sources sources;
  const uint32_t file = sources.add("digits", "0123456789");
  Diagnostics found;
  for (const Fix& fix : fixes) found.report(codes::L9101, {file, 0, 0}, "one").fix(fix);
  return apply_fixes(sources, file, found, unsafe).text;
}

TEST(Apply, SafeOnesUnlessAsked) {
  EXPECT_EQ(applied({replace(1, 2, "x"), replace(3, 4, "y", Applicability::Unsafe)}), "0x23456789");
  EXPECT_EQ(applied({replace(1, 2, "x"), replace(3, 4, "y", Applicability::Unsafe)}, true), "0x2y456789");
  EXPECT_EQ(applied({replace(1, 2, "x", Applicability::Display)}, true), "0123456789");
}

TEST(Apply, TheFirstOfThoseThatOverlap) {
  EXPECT_EQ(applied({replace(4, 8, "x"), replace(2, 5, "y")}), "01y56789");
  EXPECT_EQ(applied({replace(2, 2, "x"), replace(2, 2, "y")}), "01x23456789");
  EXPECT_EQ(applied({replace(2, 4, "x"), replace(4, 6, "y")}), "01xy6789");
}

TEST(Apply, AllEditsOfAFixOrNone) {
  Fix pair{"", Applicability::Safe, {{{1, 1, 2}, "a"}, {{1, 5, 6}, "b"}}};
  EXPECT_EQ(applied({replace(0, 2, "x"), pair}), "x23456789");
  EXPECT_EQ(applied({pair}), "0a234b6789");
}

TEST(Apply, OtherFilesAreLeft) {
  Fix other{"", Applicability::Safe, {{{0, 0, 0}, "a"}}};
  EXPECT_EQ(applied({other}), "0123456789");
}

// What `check` finds against a model is mended by its own fixes.
class Mends : public testing::Test {
 protected:
  std::string mend(const std::string& rules) {
    Sources sources;
    Diagnostics problems;
    auto checkpoint = read_snapshot(golden::path("golden/trees/qwen3_moe.json"), problems);
    auto graph = elaborate(sources, *checkpoint, {}, problems);
    const LoadedModel model{std::move(*checkpoint), std::move(*graph)};
    AnalyzeOptions options;
    options.model = &model;
    options.lint.ignore = {"all"};
    const std::string head = "language 1\n\nrecipe \"r\"\n\nuse std.schemes.{FP8_DYNAMIC}\n\ndefault keep\n",
                      tail = "\nexport compressed_tensors { dir = \"out\" }\n";
    std::string text = head + rules + tail;
    for (int round = 0; round < 5; ++round) {
      Diagnostics found;
      const uint32_t file = sources.add("r.lcr", text);
      analyze(sources, file, options, found);
      const Fixed fixed = apply_fixes(sources, file, found, true);
      if (fixed.applied == 0) break;
      text = fixed.text;
    }
    return text.substr(head.size(), text.size() - head.size() - tail.size());
  }
};

TEST_F(Mends, NearestName) {
  EXPECT_EQ(mend("quantize `model.layers.*.self_atn.q_proj` as FP8_DYNAMIC with rtn\n"),
            "quantize `model.layers.*.self_attn.q_proj` as FP8_DYNAMIC with rtn\n");
}

TEST_F(Mends, Count) {
  EXPECT_EQ(mend("select q = `**.q_proj` expect 2\nquantize q as FP8_DYNAMIC with rtn\n"),
            "select q = `**.q_proj` expect 3\nquantize q as FP8_DYNAMIC with rtn\n");
}

TEST_F(Mends, Routers) {
  EXPECT_EQ(mend("quantize type(linear) as FP8_DYNAMIC with rtn\n"),
            "quantize type(linear) except role(router) as FP8_DYNAMIC with rtn\n");
}

TEST_F(Mends, Overlap) {
  EXPECT_EQ(mend("quantize role(expert) as FP8_DYNAMIC with rtn\nquantize `**.down_proj` as FP8_DYNAMIC with rtn(range "
                 "= mse)\n"),
            "quantize role(expert) as FP8_DYNAMIC with rtn\noverride quantize `**.down_proj` as FP8_DYNAMIC with "
            "rtn(range = mse)\n");
}

TEST_F(Mends, MissingStack) {
  EXPECT_EQ(mend("quantize role(expert) as FP8_DYNAMIC\n"), "quantize role(expert) as FP8_DYNAMIC with rtn\n");
}

}  // namespace
}  // namespace lcr
