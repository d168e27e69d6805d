#pragma once

#include "compiler/model/graph.h"
#include "planner/plan/plan.h"

namespace lcr {

// What the scales of a module's calibrated weight are stored in, where the scheme leaves it to the model.
Dtype weight_scale_dtype(const Plan& plan, const ModelGraph& graph, uint32_t module);

}  // namespace lcr
