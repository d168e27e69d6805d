#pragma once

#include "compiler/check/typed_recipe.h"
#include "planner/plan/plan.h"

namespace lcr {

// Fills the groups, the ignore list and the format of `quantization_config`.
void fill_targets(const TypedRecipe& typed, const ModelGraph& graph, const Plan& plan, PlannedExport& exported);

}  // namespace lcr
