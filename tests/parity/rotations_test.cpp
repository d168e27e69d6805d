#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/forward/rewrite.h"
#include "backend/rotations/folded_weights.h"
#include "tests/parity/made_model.h"

// Where the two rotations are refused and why, and how norms that subtract the mean are rotated.
namespace lcr {
namespace {

const std::vector<MadeTensor> centred_tensors{
    {"embed_tokens.weight", {64, 32}},       {"embed_positions.weight", {64, 32}}, {"norm.weight", {32}},
    {"norm.bias", {32}},                     {"layers.{i}.input_norm.weight", {32}}, {"layers.{i}.input_norm.bias", {32}},
    {"layers.{i}.mlp_norm.weight", {32}},    {"layers.{i}.mlp_norm.bias", {32}},   {"layers.{i}.q_proj.weight", {32, 32}},
    {"layers.{i}.q_proj.bias", {32}},        {"layers.{i}.k_proj.weight", {16, 32}}, {"layers.{i}.k_proj.bias", {16}},
    {"layers.{i}.v_proj.weight", {16, 32}},  {"layers.{i}.v_proj.bias", {16}},     {"layers.{i}.o_proj.weight", {32, 32}},
    {"layers.{i}.o_proj.bias", {32}},        {"layers.{i}.up_proj.weight", {48, 32}}, {"layers.{i}.up_proj.bias", {48}},
    {"layers.{i}.down_proj.weight", {32, 48}}, {"layers.{i}.down_proj.bias", {32}}};

std::vector<MadeTensor> wrapped_tensors(bool before) {
  std::vector<MadeTensor> tensors{
      {"embed_tokens.weight", {64, 32}},         {"norm.weight", {32}},
      {"lm_head.weight", {64, 32}},              {"layers.{i}.branch_norm.weight", {32}},
      {"layers.{i}.mlp_branch_norm.weight", {32}}, {"layers.{i}.q_proj.weight", {32, 32}},
      {"layers.{i}.k_proj.weight", {16, 32}},    {"layers.{i}.v_proj.weight", {16, 32}},
      {"layers.{i}.o_proj.weight", {32, 32}},    {"layers.{i}.gate_proj.weight", {48, 32}},
      {"layers.{i}.up_proj.weight", {48, 32}},   {"layers.{i}.down_proj.weight", {32, 48}}};
  if (before) {
    tensors.push_back({"layers.{i}.input_norm.weight", {32}});
    tensors.push_back({"layers.{i}.mlp_norm.weight", {32}});
  }
  return tensors;
}

at::Tensor orthogonal(int64_t width) {
  auto random = at::detail::createCPUGenerator(17);
  return std::get<0>(at::linalg_qr(at::randn({width, width}, random, at::TensorOptions(at::kDouble))));
}

void expect_scales_unchanged(const ParityModel& model) {
  ChangedWeights weights(*model.base, model.graph);
  Rewriter rewriter(model.graph, weights);
  auto random = at::detail::createCPUGenerator(19);
  for (const SmoothingSet& set : model.facts.smoothing)
    for (uint32_t i = 0; i < model.graph.instances.size(); ++i)
      if (model.graph.instances[i].id == set.owner)
        rewriter.scale(set, i, -1, at::rand({set.width}, random, at::TensorOptions(at::kDouble)) * 1.5 + 0.5);
  EXPECT_LE(model.change(weights), 2e-5);
}

TEST(CentredNorms, ScalesPassThroughTheActivation) {
  auto model = make_model("centred", "", centred_tensors);
  ASSERT_TRUE(model);
  // Both norms, the values, the inner width; the last norm.
  EXPECT_EQ(model->facts.smoothing.size(), 5u);
  expect_scales_unchanged(*model);
}

TEST(CentredNorms, RotateOnceTheWritersAreCentred) {
  auto model = make_model("centred", "", centred_tensors);
  ASSERT_TRUE(model);
  const Rotations& rotations = model->facts.rotations;
  ASSERT_TRUE(rotations.r1_legal);
  EXPECT_EQ(rotations.centred.size(), rotations.norms.size());
  FoldMatrices matrices;
  matrices.stream.emplace(orthogonal(32));
  Rotation stream;
  stream.space = "R1";
  const Fold fold(model->graph, rotations, module_folds(model->graph, rotations, {stream}), matrices, *model->base, "cpu");
  const FoldedWeights weights(*model->base, fold);
  // The norms still subtract a mean that is no longer zero.
  EXPECT_GT(model->change(weights), 1e-3);
  centre_norms(model->graph, rotations);
  EXPECT_LE(model->change(weights), 2e-5);
}

TEST(WrappedBranches, AreNotRotated) {
  for (bool before : {false, true}) {
    auto model = make_model("wrapped", before ? ",\"norms_before\":true" : "", wrapped_tensors(before));
    ASSERT_TRUE(model);
    const Rotations& rotations = model->facts.rotations;
    EXPECT_FALSE(rotations.r1_legal);
    std::vector<std::string> reasons{"`branch_norm` writes the residual stream channel by channel",
                                     "`mlp_branch_norm` writes the residual stream channel by channel"};
    EXPECT_EQ(rotations.r1_forbidden, reasons);
    for (const Rotations::Heads& heads : rotations.heads) EXPECT_TRUE(heads.legal) << heads.reason;
    // Without norms before the branches only v -> o, up -> down and the last norm are free.
    EXPECT_EQ(model->facts.smoothing.size(), before ? 5u : 3u);
    expect_scales_unchanged(*model);
  }
}

TEST(NormsOfBothKinds, AreRefusedWithTheNormsName) {
  for (const char* name : {"gemma2", "gemma3", "gemma3_text"}) {
    auto model = load(name);
    ASSERT_TRUE(model);
    std::vector<std::string> reasons{"`post_attention_layernorm` writes the residual stream channel by channel",
                                     "`post_feedforward_layernorm` writes the residual stream channel by channel"};
    EXPECT_FALSE(model->facts.rotations.r1_legal);
    EXPECT_EQ(model->facts.rotations.r1_forbidden, reasons) << name;
  }
}

TEST(OutputGates, ForbidTheRotationOfValues) {
  for (const char* name : {"qwen3_next", "qwen3_5_text", "qwen3_5_moe_text"}) {
    auto model = load(name);
    ASSERT_TRUE(model);
    EXPECT_TRUE(model->facts.rotations.r1_legal) << name;
    ASSERT_FALSE(model->facts.rotations.heads.empty());
    for (const Rotations::Heads& heads : model->facts.rotations.heads) {
      EXPECT_FALSE(heads.legal);
      EXPECT_EQ(heads.reason, "multiply stands between attention and its projection") << name;
    }
  }
}

}  // namespace
}  // namespace lcr
