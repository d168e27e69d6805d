#pragma once

#include <string>
#include <vector>

#include "compiler/model/checkpoint.h"
#include "compiler/model/graph.h"
#include "planner/plan/layout.h"
#include "planner/plan/plan.h"

namespace lcr {

// Modules and stored tensors that the plan handles twice, never, or in a way that they do not allow. The plan must have
// no structure problems.
std::vector<std::string> coverage_problems(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint,
                                           const NameIndex& names, size_t most);

}  // namespace lcr
