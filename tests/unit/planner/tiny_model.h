#pragma once

#include <functional>
#include <string>

#include "compiler/check/typed_recipe.h"
#include "planner/schedule/make_plan.h"

namespace lcr::test {

// A decoder made by hand: embedding, layers of attention and a gated MLP (or experts), norm, head.
struct TinyOptions {
  int64_t layers = 4, experts = 0, hidden = 256, inner = 512, vocab = 1000;
  int shards = 1;        // tensors are dealt to them in order
  bool stacked = false;  // experts in one 3-D tensor a layer
  bool tied = false;     // the head shares the embedding
  bool fp8 = false;      // linears of layers are stored as FP8 blocks
  bool biased = false;   // q has a bias
  int64_t copied = 0;    // tensors that the description only copies, numbered
};

struct TinyModel {
  ModelGraph graph;
  Checkpoint checkpoint;
  uint32_t module(const std::string& path) const;
};
TinyModel tiny_model(const TinyOptions& options);

// A recipe with one export, and what it comes to: `choose` gives each module an index into `assignments`.
struct TinyRecipe {
  Recipe recipe;
  TypedRecipe typed;
};
Assignment kept();
Assignment quantized(Precision precision, const std::string& range = "minmax");
Precision w4a16(int64_t group = 128);
Precision nvfp4();
Precision fp8(Per per);
TinyRecipe tiny_recipe(const TinyModel& model, std::vector<Assignment> assignments,
                       const std::function<uint32_t(const Module&)>& choose);
// Every linear but the head: the most common recipe.
TinyRecipe linears_as(const TinyModel& model, Precision precision);

// A machine that does not depend on where the tests run.
PlanOptions on_a_small_machine();

std::optional<Plan> plan_of(const TinyModel& model, const TinyRecipe& recipe,
                            PlanOptions options = on_a_small_machine(), Diagnostics* diagnostics = nullptr);

}  // namespace lcr::test
