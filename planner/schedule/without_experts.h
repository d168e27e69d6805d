#pragma once

#include <optional>

#include "compiler/check/typed_recipe.h"
#include "planner/plan/expert_cut.h"

namespace lcr {

// The model without the experts that a recipe removes, and what the recipe comes to for it.
struct ReducedModel {
  CutModel model;
  TypedRecipe typed;
};

// Whether some rule removes experts.
bool removes_experts(const TypedRecipe& typed);

// Reports L5015 where not all experts of the model lose the same share, or some are treated otherwise than others: which
// ones stay is known only after a look at the data.
std::optional<ReducedModel> without_experts(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                            const Checkpoint& checkpoint, const ElaborateOptions& options, Diagnostics& diagnostics);

}  // namespace lcr
