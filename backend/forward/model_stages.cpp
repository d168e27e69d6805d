#include "backend/forward/model_stages.h"

namespace lcr {

std::vector<ModelStage> stages_of(const Template& model, const Liveness& live) {
  std::vector<ModelStage> stages;
  for (uint32_t node = 0; node < model.nodes.size(); ++node) {
    if (!live.nodes[node]) continue;
    const bool layer = model.nodes[node].op == Op::Call;
    if (stages.empty() || layer || stages.back().layer) stages.push_back({{}, layer});
    stages.back().nodes.push_back(node);
  }
  return stages;
}

std::vector<bool> absent_inputs(const ModelGraph& graph) {
  return std::vector<bool>(graph.templates[0].inputs.size(), true);
}

}  // namespace lcr
