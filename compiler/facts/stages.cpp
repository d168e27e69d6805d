#include <algorithm>

#include "compiler/facts/facts.h"

namespace lcr {

namespace {

// How many linears in sequence stand before each value: a linear's stage is the depth of its input, and what it gives
// is one deeper.
class Staging {
 public:
  Staging(const ModelGraph& graph, TemplateId id) : graph_(graph) { result_.owner = id; }

  Stages run() {
    walk(result_.owner, {});
    return std::move(result_);
  }

 private:
  // Depths of the outputs, from those of the inputs.
  std::vector<size_t> walk(TemplateId id, const std::vector<size_t>& inputs) {
    const Template& self = graph_.templates[id];
    std::vector<size_t> depth(self.values.size(), 0);
    for (size_t i = 0; i < inputs.size() && i < self.inputs.size(); ++i) depth[self.inputs[i]] = inputs[i];
    for (const Node& node : self.nodes) {
      if (node.unused) continue;
      size_t deepest = 0;
      for (ValueId input : node.inputs) deepest = std::max(deepest, depth[input]);
      if (node.op == Op::Linear) {
        if (result_.stages.size() <= deepest) result_.stages.resize(deepest + 1);
        result_.stages[deepest].push_back({id, node.module});
        ++deepest;
      }
      // Routed rows depend on the router too.
      if (node.op == Op::Dispatch) deepest = walk(node.callee, {deepest}).front();
      for (ValueId output : node.outputs) depth[output] = deepest;
    }
    std::vector<size_t> outputs;
    for (ValueId output : self.outputs) outputs.push_back(depth[output]);
    return outputs;
  }

  const ModelGraph& graph_;
  Stages result_;
};

}  // namespace

std::vector<Stages> derive_stages(const ModelGraph& graph) {
  std::vector<Stages> result;
  for (TemplateId id = 1; id < graph.templates.size(); ++id) {
    if (!graph.templates[id].expert) result.push_back(Staging(graph, id).run());
  }
  return result;
}

Facts derive(const ModelGraph& graph) {
  Facts facts;
  facts.shared = derive_shared_inputs(graph);
  derive_smoothing(graph, facts.smoothing, facts.refused);
  facts.rotations = derive_rotations(graph);
  facts.stages = derive_stages(graph);
  return facts;
}

}  // namespace lcr
