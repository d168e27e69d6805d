#include "compiler/facts/users.h"

namespace lcr {

Users::Users(const ModelGraph& graph)
    : graph_(graph), readers_(graph.templates.size()), callers_(graph.templates.size()) {
  for (TemplateId id = 0; id < graph.templates.size(); ++id) {
    const Template& self = graph.templates[id];
    readers_[id].resize(self.values.size());
    for (uint32_t index = 0; index < self.nodes.size(); ++index) {
      const Node& node = self.nodes[index];
      if (node.unused) continue;
      for (size_t i = 0; i < node.inputs.size(); ++i) readers_[id][node.inputs[i]].push_back({index, i});
      if (node.callee != none_id) callers_[node.callee].push_back({id, index});
    }
  }
}

std::vector<Place> Users::arguments(TemplateId callee, size_t input) const {
  std::vector<Place> places;
  for (const Call& call : callers_[callee])
    places.push_back({call.owner, graph_.templates[call.owner].nodes[call.node].inputs[input]});
  return places;
}

std::vector<Place> Users::results(TemplateId callee, size_t output) const {
  std::vector<Place> places;
  for (const Call& call : callers_[callee])
    places.push_back({call.owner, graph_.templates[call.owner].nodes[call.node].outputs[output]});
  return places;
}

}  // namespace lcr
