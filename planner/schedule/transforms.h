#pragma once

#include "compiler/check/rewrites.h"
#include "planner/plan/plan.h"

namespace lcr {

// Fills the transform groups of every export to compressed_tensors: which rotations went into which weights. Readers
// need nothing of the folded ones.
void fill_transforms(const Rewrites& rewrites, const ModelGraph& graph, Plan& plan);

}  // namespace lcr
