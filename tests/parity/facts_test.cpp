#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "backend/forward/rewrite.h"
#include "tests/parity/parity_model.h"

// Applies everything that the derived facts say leaves a model's function unchanged, and compares its logits in float32.
namespace lcr {
namespace {

struct Case {
  const char* name;
  double tolerance = 2e-5;  // of the largest logit
};

at::Generator generator(uint64_t seed) { return at::detail::createCPUGenerator(seed); }

at::Tensor orthogonal(int64_t width, at::Generator& random) {
  at::Tensor normal = at::randn({width, width}, random, at::TensorOptions(at::kDouble));
  return std::get<0>(at::linalg_qr(normal));
}

// Every use of a template: its instances, and the experts of an expert template.
std::set<std::pair<uint32_t, int32_t>> uses(const ModelGraph& graph, TemplateId owner) {
  std::set<std::pair<uint32_t, int32_t>> found;
  for (const Module& module : graph.modules)
    if (module.owner == owner && module.kind != ModuleKind::Opaque) found.insert({module.instance, module.expert});
  return found;
}

// Factors [width] between 0.5 and 2; powers of two are exact in every float.
at::Tensor factors(int64_t width, bool powers_of_two, at::Generator& random) {
  at::Tensor drawn = at::rand({width}, random, at::TensorOptions(at::kDouble));
  return powers_of_two ? at::pow(2.0, (drawn * 3).floor() - 1) : drawn * 1.5 + 0.5;
}

void scale_everything(const ParityModel& model, Rewriter& rewriter, bool powers_of_two) {
  at::Generator random = generator(3);
  for (const SmoothingSet& set : model.facts.smoothing) {
    for (auto [instance, expert] : uses(model.graph, set.owner)) {
      rewriter.scale(set, instance, expert, factors(set.width, powers_of_two, random));
    }
  }
}

int64_t residual_width(const ParityModel& model) {
  auto [owner, module] = model.facts.rotations.writers.front();
  const TemplateModule& writer = model.graph.templates[owner].modules[module];
  return writer.kind == ModuleKind::Embedding ? writer.tensors[0].shape[1] : writer.out;
}

class FactsParity : public testing::TestWithParam<Case> {};

TEST_P(FactsParity, SmoothingOfEverythingAtOnce) {
  auto model = load(GetParam().name);
  ASSERT_TRUE(model);
  ASSERT_FALSE(model->facts.smoothing.empty());
  ChangedWeights weights(*model->base, model->graph);
  Rewriter rewriter(model->graph, weights);
  scale_everything(*model, rewriter, false);
  EXPECT_LE(model->change(weights), GetParam().tolerance);
}

// Without rounding nothing changes at all, whatever the model makes of small differences.
TEST_P(FactsParity, SmoothingByPowersOfTwo) {
  auto model = load(GetParam().name);
  ASSERT_TRUE(model);
  ChangedWeights weights(*model->base, model->graph);
  Rewriter rewriter(model->graph, weights);
  scale_everything(*model, rewriter, true);
  EXPECT_LE(model->change(weights), 1e-7);
}

// Without one of its readers a set makes another function.
TEST_P(FactsParity, NoMemberOfASetCanBeLeftOut) {
  auto model = load(GetParam().name);
  ASSERT_TRUE(model);
  for (const SmoothingSet& whole : model->facts.smoothing) {
    // What only images reach does not run.
    if (!model->graph.templates[whole.owner].decoder) continue;
    ChangedWeights weights(*model->base, model->graph);
    Rewriter rewriter(model->graph, weights);
    SmoothingSet set = whole;
    set.readers.pop_back();
    at::Generator random = generator(5);
    at::Tensor s = factors(set.width, false, random);
    for (auto [instance, expert] : uses(model->graph, set.owner)) rewriter.scale(set, instance, expert, s);
    const Side& left = whole.readers.back();
    EXPECT_GT(model->change(weights), 10 * GetParam().tolerance)
        << model->graph.templates[left.owner].modules[left.module].path << " is left out";
  }
}

TEST_P(FactsParity, RotationOfTheResidualStream) {
  auto model = load(GetParam().name);
  ASSERT_TRUE(model);
  const Rotations& rotations = model->facts.rotations;
  if (!rotations.r1_legal) {
    ASSERT_FALSE(rotations.r1_forbidden.empty());
    for (const std::string& reason : rotations.r1_forbidden) EXPECT_NE(reason.find("residual stream"), std::string::npos) << reason;
    return;
  }
  ChangedWeights weights(*model->base, model->graph);
  Rewriter rewriter(model->graph, weights);
  at::Generator random = generator(7);
  rewriter.rotate_residual(rotations, orthogonal(residual_width(*model), random));
  centre_norms(model->graph, rotations);
  EXPECT_LE(model->change(weights), GetParam().tolerance);
}

TEST_P(FactsParity, RotationOfTheValueHeads) {
  auto model = load(GetParam().name);
  ASSERT_TRUE(model);
  ChangedWeights weights(*model->base, model->graph);
  Rewriter rewriter(model->graph, weights);
  at::Generator random = generator(9);
  for (const Rotations::Heads& heads : model->facts.rotations.heads) {
    EXPECT_NE(heads.legal, !heads.reason.empty());
    if (!heads.legal) continue;
    for (auto [instance, expert] : uses(model->graph, heads.owner)) {
      std::vector<at::Tensor> matrices;
      for (int64_t head = 0; head < heads.heads; ++head) matrices.push_back(orthogonal(heads.width, random));
      rewriter.rotate_heads(heads, instance, at::stack(matrices));
    }
  }
  EXPECT_LE(model->change(weights), GetParam().tolerance);
}

// The projection must turn back what the values turned.
TEST_P(FactsParity, ValuesCannotBeRotatedAlone) {
  auto model = load(GetParam().name);
  ASSERT_TRUE(model);
  ChangedWeights weights(*model->base, model->graph);
  Rewriter rewriter(model->graph, weights);
  at::Generator random = generator(9);
  bool rotated = false;
  for (Rotations::Heads heads : model->facts.rotations.heads) {
    if (!heads.legal || !model->graph.templates[heads.owner].decoder) continue;
    heads.readers.clear();
    for (auto [instance, expert] : uses(model->graph, heads.owner)) {
      at::Tensor same = orthogonal(heads.width, random).unsqueeze(0).repeat({heads.heads, 1, 1});
      rewriter.rotate_heads(heads, instance, same);
    }
    rotated = true;
  }
  if (rotated) {
    EXPECT_GT(model->change(weights), 10 * GetParam().tolerance);
  }
}

// The weights, each off by at most one unit in the last place of a float32.
void round_everything(const ParityModel& model, ChangedWeights& weights, uint64_t seed) {
  at::Generator random = generator(seed);
  for (uint32_t m = 0; m < model.graph.modules.size(); ++m) {
    const Module& module = model.graph.modules[m];
    if (module.kind == ModuleKind::Opaque || module.tied_to >= 0) continue;
    for (uint32_t t = 0; t < module.tensor_count; ++t) {
      at::Tensor w = model.base->tensor(m, t).to(at::kDouble);
      at::Tensor error = at::rand(w.sizes(), random, at::TensorOptions(at::kDouble)) * 2 - 1;
      weights.set(m, t, (w * (1 + error * 0x1p-23)).to(at::kFloat));
    }
  }
}

// Delta rules amplify differences: their tolerance is a few times what rounding the weights does to these models.
class Amplifying : public FactsParity {};

TEST_P(Amplifying, ToleranceIsThatOfRounding) {
  auto model = load(GetParam().name);
  ASSERT_TRUE(model);
  double largest = 0;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    ChangedWeights weights(*model->base, model->graph);
    round_everything(*model, weights, seed);
    largest = std::max(largest, model->change(weights));
  }
  EXPECT_GT(5 * largest, GetParam().tolerance);
}

constexpr Case amplifying[] = {{"qwen3_next", 3e-4}, {"qwen3_5_text", 8e-5}, {"qwen3_5_moe_text", 8e-5}};
std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Models, FactsParity,
                         testing::Values(Case{"llama"}, Case{"llama31"}, Case{"mistral"}, Case{"qwen2"},
                                         Case{"qwen3"}, Case{"gemma2"}, Case{"gemma3_text"}, Case{"phi3"},
                                         Case{"mixtral"}, Case{"qwen2_moe"}, Case{"qwen3_moe"}, Case{"deepseek_v3"},
                                         Case{"gpt_oss"}, Case{"llava"}, Case{"qwen2_5_vl"}, Case{"gemma3"},
                                         Case{"qwen3_vl"}, Case{"deepseek_v2"}, Case{"glm4_moe"},
                                         Case{"llama4_text"}, Case{"nemotron_h"}, Case{"llama_dynamic"},
                                         Case{"phi3_long"}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(DeltaRules, FactsParity, testing::ValuesIn(amplifying), name_of);
INSTANTIATE_TEST_SUITE_P(DeltaRules, Amplifying, testing::ValuesIn(amplifying), name_of);

}  // namespace
}  // namespace lcr
