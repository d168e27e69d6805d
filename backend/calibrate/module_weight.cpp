#include "backend/calibrate/module_weight.h"

#include "compiler/diagnostics/check.h"
#include "planner/plan/layout.h"

namespace lcr {

uint32_t weight_index(const ModelGraph& graph, uint32_t module) {
  const auto& tensors = graph.declaration(graph.modules[module]).tensors;
  for (uint32_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].name == "weight") return i;
  LCR_CHECK(false, "a module without a weight is calibrated");
}

Dtype weight_scale_dtype(const Plan& plan, const ModelGraph& graph, uint32_t module) {
  return solved_scale_dtype(plan, view_of(graph, module, weight_index(graph, module))->dtype);
}

}  // namespace lcr
