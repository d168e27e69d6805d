#pragma once

#include "compiler/model/graph.h"
#include "planner/plan/plan.h"

namespace lcr {

// Of the tensors that a module declares, the one called weight. LCR_CHECKs that it has one.
uint32_t weight_index(const ModelGraph& graph, uint32_t module);

// What the scales of a module's calibrated weight are stored in, where the scheme leaves it to the model.
Dtype weight_scale_dtype(const Plan& plan, const ModelGraph& graph, uint32_t module);

}  // namespace lcr
