#pragma once

#include <string>

#include "compiler/check/rewrites.h"
#include "planner/plan/layout.h"
#include "planner/plan/plan.h"

namespace lcr {

// Fills Plan::calibration and marks the jobs whose results come from it, when the recipe
// needs data, or changes weights before they are rounded (then without sources). `plan_folder`: the
// folder that paths in the plan are relative to.
void plan_calibration(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, const Rewrites& rewrites,
                      const NameIndex& names, const std::string& plan_folder, Plan& plan);

}  // namespace lcr
