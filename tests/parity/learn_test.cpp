#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "backend/algorithms/cayley.h"
#include "backend/calibrate/rotated_model.h"
#include "backend/rotations/learned_rotations.h"
#include "compiler/language/hadamard_sizes.h"
#include "tests/parity/parity_model.h"
#include "tests/parity/reference.h"

// Learning rotations on architectures of every kind: the loss, its gradients, and that it goes down.
namespace lcr {
namespace {

// Both folded rotations, as far as the model allows them.
Plan plan_for(const ParityModel& model) {
  Plan plan;
  const Rotations& facts = model.facts.rotations;
  auto add = [&](const char* space, int64_t width, std::vector<std::string> places) {
    plan.rotations.push_back({space, "learned", largest_hadamard_block(width), 3, std::move(places), 10, 8, 0.5});
  };
  if (facts.r1_legal && facts.centred.empty()) add("R1", stream_width(model.graph, facts), {});
  std::vector<std::string> places;
  int64_t width = 0;
  for (const Rotations::Heads& heads : facts.heads) {
    if (!heads.legal || !model.graph.templates[heads.owner].decoder) continue;
    for (const Module& module : model.graph.modules)
      if (module.owner == heads.owner && module.local == heads.value_module) places.emplace_back(module.path);
    width = heads.width;
  }
  if (!places.empty()) add("R2", width, std::move(places));
  return plan;
}

// Of every linear in layers, weights and inputs.
void round_layers(const ParityModel& model, Plan& plan) {
  Precision precision;
  precision.weights = Format{.bits = 8, .per = Per::Channel};
  precision.input = Format{.bits = 4, .per = Per::Token, .dynamic = true};
  precision.container = Container::Bytes;
  plan.precisions["W8A4"] = precision;
  Job job;
  job.precision = "W8A4";
  for (const Module& module : model.graph.modules)
    if (module.kind == ModuleKind::Linear && module.instance != 0) job.modules.emplace_back(module.path);
  Unit unit;
  unit.instances = {""};
  unit.jobs = {job};
  plan.units = {unit};
}

class Learning {
 public:
  Learning(const ParityModel& model, const Plan& plan)
      : plan_(plan), start(start_of(plan.rotations, model.graph)), tasks_(plan_, model.graph),
        fold_(fold_of(plan_.rotations, model.graph, *model.base, "cpu", &start)),
        rotated_(plan_, model.graph, *model.base, tasks_, *fold_), pack_{pack_of(model.ids), {}} {
    std::vector<int64_t> rows;
    for (int64_t row = 0; row < model.ids.numel(); ++row)
      if ((row + 1) % model.ids.size(1) != 0) rows.push_back(row);
    pack_.rows = at::tensor(rows, at::kLong);
  }

  // The loss for these matrices, in the order of list(); their gradients, once asked for.
  double loss(const std::vector<at::Tensor>& matrices, std::vector<at::Tensor>* gradients = nullptr) {
    std::vector<at::Tensor> leaves;
    for (const at::Tensor& one : matrices) leaves.push_back(one.detach().clone().requires_grad_(gradients != nullptr));
    LearnedRotations tried = start;
    size_t next = 0;
    if (tried.stream.defined()) tried.stream = leaves[next++];
    for (auto& [path, matrix] : tried.heads) matrix = leaves[next++];
    fold_->turn_by(matrices_of(plan_.rotations, &tried));
    const double value = rotated_.add_gradients({pack_});
    if (gradients != nullptr)
      for (const at::Tensor& leaf : leaves) gradients->push_back(leaf.grad());
    return value;
  }

  std::vector<at::Tensor> list() const {
    std::vector<at::Tensor> all;
    if (start.stream.defined()) all.push_back(start.stream);
    for (const auto& [path, matrix] : start.heads) all.push_back(matrix);
    return all;
  }

 private:
  Plan plan_;

 public:
  LearnedRotations start;

 private:
  UnitTasks tasks_;
  std::unique_ptr<Fold> fold_;
  RotatedModel rotated_;
  LearningPack pack_;
};

struct Case {
  const char* name;
  std::map<std::string, int> changes;
};

class LearnedRotationsOf : public testing::TestWithParam<Case> {
 protected:
  at::AutoGradMode no_gradients{false};
};

// Rotations alone change nothing; matrices that are no rotations do, and as their gradients say.
TEST_P(LearnedRotationsOf, GradientsAreThoseOfTheLoss) {
  auto model = load(GetParam().name, GetParam().changes);
  ASSERT_TRUE(model);
  const Plan plan = plan_for(*model);
  ASSERT_FALSE(plan.rotations.empty());
  Learning learning(*model, plan);
  std::vector<at::Tensor> matrices = learning.list();
  // Measured: at most 2e-8.
  EXPECT_LT(std::abs(learning.loss(matrices)), 1e-7);
  at::Generator random = at::detail::createCPUGenerator(5);
  std::vector<at::Tensor> directions, gradients, there = matrices, back = matrices;
  for (at::Tensor& matrix : matrices) {
    const auto noise = [&] { return at::randn(matrix.sizes(), random, matrix.options()) / std::sqrt(double(matrix.size(-1))); };
    matrix = matrix + 0.05 * noise();
    directions.push_back(noise());
  }
  learning.loss(matrices, &gradients);
  double expected = 0;
  const double step = 2.5e-4;
  for (size_t i = 0; i < matrices.size(); ++i) {
    ASSERT_TRUE(gradients[i].defined());
    EXPECT_GT(gradients[i].abs().max().item<double>(), 0);
    expected += (gradients[i] * directions[i]).sum().item<double>();
    there[i] = matrices[i] + step * directions[i];
    back[i] = matrices[i] - step * directions[i];
  }
  const double found = (learning.loss(there) - learning.loss(back)) / (2 * step);
  // Measured: 0.008 for phi3, 0.005 for gpt_oss, at most 0.004 for the others.
  EXPECT_NEAR(found, expected, 0.02 * std::abs(expected) + 1e-5);
}

// On one batch of the example's model.
TEST(LearnedRotations, TheLossGoesDown) {
  at::AutoGradMode no_gradients(false);
  const at::Tensor ids = (at::arange(192, at::kLong).square() * 7 + 3).remainder(997).view({4, 48});
  auto model = load(std::string(LCR_SOURCE_DIR) + "/examples/docs-llama-4m", "", ids);
  ASSERT_TRUE(model);
  Plan plan = plan_for(*model);
  round_layers(*model, plan);
  Learning learning(*model, plan);
  const auto found = cayley_sgd(learning.list(), {.steps = 12, .rate = 0.05}, [&](const std::vector<at::Tensor>& matrices, int64_t) {
    std::vector<at::Tensor> gradients;
    learning.loss(matrices, &gradients);
    return gradients;
  });
  // Measured: 0.964.
  EXPECT_LT(learning.loss(found), 0.98 * learning.loss(learning.list()));
  for (const at::Tensor& matrix : found) {
    const at::Tensor product = at::matmul(matrix, matrix.transpose(-1, -2));
    // Measured: 1.4e-15.
    EXPECT_LT((product - at::eye(matrix.size(-1), matrix.options())).abs().max().item<double>(), 1e-13);
  }
}

// A token's choice of experts jumps as matrices move, and the difference with it, while the gradient is that of the
// experts chosen. So models with experts choose all of them here; gradients_test.cpp has layers that choose.
INSTANTIATE_TEST_SUITE_P(
    Models, LearnedRotationsOf,
    testing::Values(Case{"llama", {}}, Case{"qwen2", {}}, Case{"qwen3", {}}, Case{"phi3", {}}, Case{"gemma2", {}},
                    Case{"mixtral", {{"num_experts_per_tok", 8}}}, Case{"qwen3_moe", {{"num_experts_per_tok", 16}}},
                    Case{"deepseek_v3", {{"num_experts_per_tok", 16}, {"topk_group", 4}}},
                    Case{"gpt_oss", {{"num_experts_per_tok", 8}, {"experts_per_token", 8}}},
                    Case{"llama4_text", {{"num_experts_per_tok", 4}}}, Case{"qwen3_next", {{"num_experts_per_tok", 8}}},
                    Case{"nemotron_h", {{"num_experts_per_tok", 8}, {"topk_group", 2}}}),
    [](const testing::TestParamInfo<Case>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace lcr
