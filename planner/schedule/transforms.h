#pragma once

#include "compiler/check/rewrites.h"
#include "planner/plan/plan.h"

namespace lcr {

// Fills the transform groups of every export to compressed_tensors: which rotations went into which weights, of which
// readers need nothing, and those at run time, `online`, without which the weights are wrong.
void fill_transforms(const Rewrites& rewrites, const ModelGraph& graph, const std::vector<TransformGroupText>& online,
                     Plan& plan);

}  // namespace lcr
