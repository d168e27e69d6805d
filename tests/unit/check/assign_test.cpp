#include "compiler/check/assign.h"

#include <gtest/gtest.h>

#include "compiler/diagnostics/codes/selection.h"
#include "tests/unit/check/build_recipe.h"
#include "tests/unit/select/build_graph.h"

namespace lcr {
namespace {

using test::fp8_dynamic;
using test::int4;
using test::keep;
using test::quantize;

struct AssignTest : testing::Test {
  ModelGraph graph = test::decoder(2);
  Recipe recipe;
  Diagnostics diagnostics;

  Decisions run() {
    Selector selector(recipe, graph, diagnostics);
    return decide(recipe, graph, selector, diagnostics);
  }
  std::vector<Code> codes() {
    std::vector<Code> found;
    for (const Diagnostic& one : diagnostics.items()) found.push_back(one.code);
    return found;
  }
  Decision of(const Decisions& decisions, std::string_view path) {
    for (size_t m = 0; m < graph.modules.size(); ++m)
      if (graph.modules[m].path == path) return decisions.modules[m];
    return {};
  }
};

TEST_F(AssignTest, KeepBeatsQuantizeWithinAFile) {
  recipe.rules = {quantize("**.*_proj", int4(128)), keep("**.down_proj")};
  const Decisions decisions = run();
  EXPECT_EQ(of(decisions, "model.layers.0.mlp.up_proj"), (Decision{-1, 0, -1}));
  EXPECT_EQ(of(decisions, "model.layers.0.mlp.down_proj"), (Decision{1, -1, -1}));
  EXPECT_EQ(of(decisions, "lm_head"), Decision{});
  EXPECT_TRUE(codes().empty());
}

TEST_F(AssignTest, QuantizeRulesMayNotOverlap) {
  recipe.rules = {quantize("**.*_proj", int4(128)), quantize("**.up_proj", fp8_dynamic())};
  run();
  ASSERT_EQ(codes(), std::vector{codes::L3002});
  EXPECT_EQ(diagnostics.items()[0].labels[0].text, "2 modules overlap");
}

TEST_F(AssignTest, PruneAndQuantizeStandTogether) {
  Rule prune = keep("**.up_proj");
  prune.verb = Rule::Verb::Prune;
  recipe.rules = {quantize("**.*_proj", int4(128)), prune};
  EXPECT_EQ(of(run(), "model.layers.1.mlp.up_proj"), (Decision{-1, 0, 1}));
  EXPECT_TRUE(codes().empty());
}

TEST_F(AssignTest, OverrideWinsOverQuantizeAndKeep) {
  recipe.rules = {quantize("**.*_proj", int4(128)), keep("**.down_proj"), quantize("**.{up,down}_proj", fp8_dynamic(), 0, true)};
  const Decisions decisions = run();
  EXPECT_EQ(of(decisions, "model.layers.0.mlp.up_proj"), (Decision{-1, 2, -1}));
  EXPECT_EQ(of(decisions, "model.layers.0.mlp.down_proj"), (Decision{-1, 2, -1}));
  EXPECT_TRUE(codes().empty());
}

TEST_F(AssignTest, OverrideNeedsSomethingToWinOver) {
  recipe.rules = {quantize("**.up_proj", int4(128)), quantize("**.{up,down}_proj", fp8_dynamic(), 0, true)};
  run();
  EXPECT_EQ(codes(), std::vector{codes::L3003});
}

TEST_F(AssignTest, OverridesMayNotOverlap) {
  recipe.rules = {quantize("**.*_proj", int4(128)), keep("**.up_proj", 0, true), quantize("**.{up,down}_proj", fp8_dynamic(), 0, true)};
  run();
  EXPECT_EQ(codes(), std::vector{codes::L3014});
}

TEST_F(AssignTest, PlainRulesClaimOnlyWhatThePresetLeft) {
  recipe.rules = {quantize("**.up_proj", int4(128), 0), quantize("**.down_proj", fp8_dynamic(), 1)};
  EXPECT_EQ(of(run(), "model.layers.0.mlp.down_proj"), (Decision{-1, 1, -1}));
  EXPECT_TRUE(codes().empty());
  recipe.rules.push_back(keep("**.up_proj", 1));
  run();
  EXPECT_EQ(codes(), std::vector{codes::L3013});
}

TEST_F(AssignTest, OverrideOfAPresetWins) {
  recipe.rules = {quantize("**.up_proj", int4(128), 0), keep("model.layers.0.mlp.up_proj", 1, true)};
  const Decisions decisions = run();
  EXPECT_EQ(of(decisions, "model.layers.0.mlp.up_proj"), (Decision{1, -1, -1}));
  EXPECT_EQ(of(decisions, "model.layers.1.mlp.up_proj"), (Decision{-1, 0, -1}));
  EXPECT_TRUE(codes().empty());
}

TEST_F(AssignTest, AShadowedRuleIsAWarning) {
  recipe.rules = {quantize("**.up_proj", int4(128)), keep("**.mlp.*")};
  run();
  EXPECT_EQ(codes(), std::vector{codes::L3004});
  EXPECT_FALSE(diagnostics.has_errors());
}

TEST_F(AssignTest, DefaultRefuseWantsARuleForEveryWeight) {
  recipe.default_keep = false;
  recipe.rules = {quantize("**.*_proj", int4(128))};
  run();
  ASSERT_EQ(codes(), std::vector{codes::L3015});
  EXPECT_EQ(diagnostics.items()[0].labels[0].text, "2 modules");
  diagnostics = {};
  recipe.rules.push_back(keep("lm_head"));
  recipe.rules.push_back(keep("model.embed_tokens"));
  run();
  EXPECT_TRUE(codes().empty());
}

TEST_F(AssignTest, EqualDecisionsAreRecordedOnce) {
  recipe.rules = {quantize("**.*_proj", int4(128)), keep("**.down_proj")};
  Decisions decisions = run();
  decisions.dequantized.assign(graph.modules.size(), false);
  TypedRecipe typed;
  record(recipe, graph, decisions, typed);
  // Default, quantized, kept; and the default of attention points.
  EXPECT_EQ(typed.assignments.size(), 4u);
  EXPECT_EQ(typed.matched[1].size(), 2u);
}

}  // namespace
}  // namespace lcr
