#pragma once

#include "compiler/model/graph.h"
#include "planner/plan/plan.h"

namespace lcr {

// Adds to a plan's prediction what learning its rotations takes, which comes before everything else; nothing where none
// are learned.
void price_learning(const ModelGraph& graph, Plan& plan);

}  // namespace lcr
