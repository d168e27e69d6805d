#include "compiler/check/targets.h"

#include <gtest/gtest.h>

#include "tests/unit/check/build_recipe.h"
#include "tests/unit/select/build_graph.h"

namespace lcr {
namespace {

using Texts = std::vector<std::string>;

struct TargetsTest : testing::Test {
  ModelGraph graph = test::decoder(12);
  FinalPrecisions precisions;

  template <typename Which>
  void assign(Which which) {
    precisions.of_module.clear();
    for (const Module& module : graph.modules) precisions.of_module.push_back(module.kind == ModuleKind::Linear ? which(module) : -1);
  }
  static bool ends(const Module& module, std::string_view suffix) { return module.path.ends_with(suffix); }
};

TEST_F(TargetsTest, OnePrecisionIsAClass) {
  precisions.precisions = {test::int4(128)};
  assign([](const Module& module) { return module.path == "lm_head" ? -1 : 0; });
  const ExportedTargets targets = export_targets(precisions, graph);
  ASSERT_EQ(targets.groups.size(), 1u);
  EXPECT_EQ(targets.groups[0].targets, Texts{"Linear"});
  EXPECT_EQ(targets.groups[0].format, "pack-quantized");
  EXPECT_EQ(targets.ignore, Texts{"lm_head"});
  EXPECT_EQ(targets.format, "pack-quantized");
}

TEST_F(TargetsTest, AQuantizedHeadIsNamed) {
  precisions.precisions = {test::int4(128)};
  assign([](const Module&) { return 0; });
  const ExportedTargets targets = export_targets(precisions, graph);
  EXPECT_EQ(targets.groups[0].targets, (Texts{"Linear", R"(re:.*lm_head$)"}));
  EXPECT_TRUE(targets.ignore.empty());
}

TEST_F(TargetsTest, TwoPrecisionsAreDisjointExpressions) {
  precisions.precisions = {test::int4(128), test::fp8_dynamic()};
  assign([](const Module& module) { return module.path == "lm_head" ? -1 : ends(module, "down_proj") ? 1 : 0; });
  const ExportedTargets targets = export_targets(precisions, graph);
  ASSERT_EQ(targets.groups.size(), 2u);
  EXPECT_EQ(targets.groups[0].targets, (Texts{R"(re:.*layers\.\d+\.mlp\.(gate_proj|up_proj)$)",
                                              R"(re:.*layers\.\d+\.self_attn\.(k_proj|o_proj|q_proj|v_proj)$)"}));
  EXPECT_EQ(targets.groups[1].targets, Texts{R"(re:.*layers\.\d+\.mlp\.down_proj$)"});
  EXPECT_EQ(targets.format, "mixed-precision");
  EXPECT_EQ(targets.ignore, Texts{"lm_head"});
}

TEST_F(TargetsTest, LayersThatDifferAreListed) {
  precisions.precisions = {test::int4(128), test::fp8_dynamic()};
  assign([](const Module& module) { return module.path == "lm_head" ? -1 : module.layer == 0 || module.layer == 11 ? 1 : 0; });
  const ExportedTargets targets = export_targets(precisions, graph);
  EXPECT_EQ(targets.groups[1].targets[0], R"(re:.*layers\.(0|11)\.mlp\.(down_proj|gate_proj|up_proj)$)");
  EXPECT_EQ(targets.groups[0].targets[0], R"(re:.*layers\.(1|2|3|4|5|6|7|8|9|10)\.mlp\.(down_proj|gate_proj|up_proj)$)");
}

TEST_F(TargetsTest, KeptLayersAreIgnoredByExpression) {
  precisions.precisions = {test::int4(128)};
  assign([](const Module& module) { return module.layer == 3 || module.layer < 0 ? -1 : 0; });
  const ExportedTargets targets = export_targets(precisions, graph);
  EXPECT_EQ(targets.groups[0].targets, Texts{"Linear"});
  EXPECT_EQ(targets.ignore, (Texts{"lm_head", R"(re:.*layers\.3\.mlp\.(down_proj|gate_proj|up_proj)$)",
                                   R"(re:.*layers\.3\.self_attn\.(k_proj|o_proj|q_proj|v_proj)$)"}));
}

TEST_F(TargetsTest, ExpertsMatchUnderEveryName) {
  graph = test::decoder(4, 8);
  precisions.precisions = {test::int4(128), test::fp8_dynamic()};
  assign([](const Module& module) { return module.expert >= 0 ? 0 : has(module.roles, Role::Router) || module.layer < 0 ? -1 : 1; });
  const ExportedTargets targets = export_targets(precisions, graph);
  EXPECT_EQ(targets.groups[0].targets, Texts{R"(re:.*layers\.\d+\.mlp\.experts\.\d+\.[^.]+$)"});
  EXPECT_EQ(targets.ignore, (Texts{"lm_head", R"(re:.*layers\.\d+\.mlp\.gate$)"}));
}

// Two towers with the same names below `layers` need the word before it.
TEST_F(TargetsTest, PrefixesAreCutOnlyWhereThatIsExact) {
  test::GraphBuilder builder;
  for (int i = 0; i < 2; ++i) {
    builder.add("language_model.model.layers." + std::to_string(i) + ".q_proj", ModuleKind::Linear, Role::Decoder, 64, 64, i);
    builder.add("vision_tower.encoder.layers." + std::to_string(i) + ".q_proj", ModuleKind::Linear, Role::Vision, 64, 64);
  }
  graph = builder.graph;
  precisions.precisions = {test::int4(32), test::fp8_dynamic()};
  assign([](const Module& module) { return has(module.roles, Role::Vision) ? 1 : 0; });
  const ExportedTargets targets = export_targets(precisions, graph);
  EXPECT_EQ(targets.groups[0].targets, Texts{R"(re:.*model\.layers\.\d+\.q_proj$)"});
  EXPECT_EQ(targets.groups[1].targets, Texts{R"(re:.*encoder\.layers\.\d+\.q_proj$)"});
}

TEST_F(TargetsTest, NumbersAtTheEndKeepWhatTheyCount) {
  test::GraphBuilder builder;
  builder.add("model.layers.0.q_proj", ModuleKind::Linear, Role::Decoder, 64, 64, 0);
  builder.add("visual.merger.mlp.0", ModuleKind::Linear, Role::Vision, 64, 64);
  builder.add("visual.merger.mlp.2", ModuleKind::Linear, Role::Vision, 64, 64);
  graph = builder.graph;
  precisions.precisions = {test::int4(32)};
  assign([](const Module& module) { return has(module.roles, Role::Vision) ? -1 : 0; });
  EXPECT_EQ(export_targets(precisions, graph).ignore, Texts{R"(re:.*merger\.mlp\.\d+$)"});
}

TEST_F(TargetsTest, TheProofFindsWhatReadersWouldMistake) {
  precisions.precisions = {test::int4(128)};
  assign([](const Module& module) { return module.path == "lm_head" || module.layer == 1 ? -1 : 0; });
  ExportedTargets targets = export_targets(precisions, graph);
  EXPECT_EQ(prove(targets, precisions, graph), std::nullopt);
  // Not anchored: layers 10 and 11 too.
  targets.ignore = {"lm_head", R"(re:.*layers\.1.*)"};
  EXPECT_EQ(prove(targets, precisions, graph), "`model.layers.10.self_attn.q_proj` is quantized but ignored");
}

}  // namespace
}  // namespace lcr
