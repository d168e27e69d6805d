#include "backend/calibrate/module_weight.h"

#include "backend/forward/weights.h"
#include "planner/plan/layout.h"

namespace lcr {

Dtype weight_scale_dtype(const Plan& plan, const ModelGraph& graph, uint32_t module) {
  return solved_scale_dtype(plan, view_of(graph, module, weight_index(graph, module))->dtype);
}

}  // namespace lcr
