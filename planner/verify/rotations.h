#pragma once

#include <string>
#include <vector>

#include "compiler/model/graph.h"
#include "planner/plan/layout.h"

namespace lcr {

// Rotations of the plan that the model does not allow or that do not fit it, and jobs that fold other rows than they
// say. The plan must have no other problems.
std::vector<std::string> rotation_problems(const Plan& plan, const ModelGraph& graph, const NameIndex& names);

}  // namespace lcr
