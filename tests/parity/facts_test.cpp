#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "backend/forward/rewrite.h"
#include "backend/rotations/folded_weights.h"
#include "compiler/language/hadamard_sizes.h"
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
  FoldMatrices matrices;
  at::Generator random = generator(7);
  matrices.stream.emplace(orthogonal(stream_width(model->graph, rotations), random));
  Rotation stream;
  stream.space = "R1";
  const Fold fold(model->graph, rotations, module_folds(model->graph, rotations, {stream}), matrices, *model->base, "cpu");
  centre_norms(model->graph, rotations);
  EXPECT_LE(model->change(FoldedWeights(*model->base, fold)), GetParam().tolerance);
}

// R2 of everything that allows it, each head of each layer by a matrix of its own.
struct ValueRotation {
  Rotation rotation;
  FoldMatrices matrices;
};

ValueRotation value_rotation(const ParityModel& model, bool decoder_only) {
  ValueRotation made;
  made.rotation.space = "R2";
  at::Generator random = generator(9);
  for (const Rotations::Heads& heads : model.facts.rotations.heads) {
    if (!heads.legal || (decoder_only && !model.graph.templates[heads.owner].decoder)) continue;
    for (const Module& module : model.graph.modules) {
      if (module.owner != heads.owner || module.local != heads.value_module || module.kind == ModuleKind::Opaque) continue;
      std::vector<at::Tensor> matrices;
      for (int64_t head = 0; head < heads.heads; ++head) matrices.push_back(orthogonal(heads.width, random));
      made.rotation.places.emplace_back(module.path);
      made.matrices.own.emplace(std::string(module.path), RotationMatrix(at::stack(matrices)));
    }
  }
  return made;
}

TEST_P(FactsParity, RotationOfTheValueHeads) {
  auto model = load(GetParam().name);
  ASSERT_TRUE(model);
  const Rotations& rotations = model->facts.rotations;
  for (const Rotations::Heads& heads : rotations.heads) EXPECT_NE(heads.legal, !heads.reason.empty());
  const ValueRotation made = value_rotation(*model, false);
  const Fold fold(model->graph, rotations, module_folds(model->graph, rotations, {made.rotation}), made.matrices, *model->base,
                  "cpu");
  EXPECT_LE(model->change(FoldedWeights(*model->base, fold)), GetParam().tolerance);
}

// The projection must turn back what the values turned.
TEST_P(FactsParity, ValuesCannotBeRotatedAlone) {
  auto model = load(GetParam().name);
  ASSERT_TRUE(model);
  const Rotations& rotations = model->facts.rotations;
  const ValueRotation made = value_rotation(*model, true);
  auto modules = module_folds(model->graph, rotations, {made.rotation});
  for (ModuleFold& module : modules) module.attended = none_id;
  const Fold fold(model->graph, rotations, std::move(modules), made.matrices, *model->base, "cpu");
  if (made.rotation.places.empty()) return;
  EXPECT_GT(model->change(FoldedWeights(*model->base, fold)), 10 * GetParam().tolerance);
}

// Every kind that a recipe can name, as it resolves them, both rotations at once.
TEST_P(FactsParity, KindsOfRotations) {
  auto model = load(GetParam().name);
  ASSERT_TRUE(model);
  const Rotations& rotations = model->facts.rotations;
  const ValueRotation values = value_rotation(*model, true);
  for (const char* kind : {"hadamard", "random_hadamard", "random"}) {
    std::vector<Rotation> wanted;
    if (rotations.r1_legal && rotations.centred.empty())
      wanted.push_back({"R1", kind, largest_hadamard_block(stream_width(model->graph, rotations)), 3, {}});
    for (const Rotations::Heads& heads : rotations.heads) {
      if (values.rotation.places.empty() || !heads.legal || !model->graph.templates[heads.owner].decoder) continue;
      wanted.push_back({"R2", kind, largest_hadamard_block(heads.width), 4, values.rotation.places});
      break;
    }
    const auto fold = fold_of(wanted, model->graph, *model->base, "cpu");
    ASSERT_EQ(fold == nullptr, wanted.empty());
    if (!fold) return;
    EXPECT_LE(model->change(FoldedWeights(*model->base, *fold)), GetParam().tolerance) << kind;
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
