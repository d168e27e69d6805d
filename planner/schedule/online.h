#pragma once

#include <vector>

#include "compiler/check/rewrites.h"
#include "planner/plan/plan.h"
#include "planner/schedule/jobs.h"

namespace lcr {

// What readers of a compressed export rotate at run time, as groups of transform_config; their matrices, each once under
// the first module that needs it, become Plan::matrices and a job of unit 0.
std::vector<TransformGroupText> plan_online(const ModelGraph& graph, Plan& plan, Grouping& grouping);

}  // namespace lcr
