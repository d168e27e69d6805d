#include "backend/calibrate/layer_inputs.h"

#include <algorithm>

#include "compiler/facts/facts.h"

namespace lcr {

std::vector<ValueId> values_at(const Template& self, const LookedAt& at) {
  if (!at.whole) return {at.value};
  return self.nodes[self.values[at.value].node].outputs;
}

LayerInputs::LayerInputs(const ModelGraph& graph, TemplateId layer, bool shared) {
  const Template& self = graph.templates[layer];
  for (uint32_t n = 0; n < self.nodes.size(); ++n) {
    const Node& node = self.nodes[n];
    if (node.unused) continue;
    if (node.op == Op::Linear)
      places_[{layer, node.module}] = {{layer, behind_casts(self, node.inputs[0]), -1},
                                       {node.inputs[0], none_id},
                                       {layer, behind_casts(self, node.outputs.back()), -1, node.outputs.size() > 1},
                                       {node.outputs.back(), none_id, node.outputs.size() > 1}};
    if (node.op != Op::Dispatch) continue;
    dispatches_[node.callee] = n;
    const Template& expert = graph.templates[node.callee];
    for (const Node& inner : expert.nodes) {
      if (inner.op != Op::Linear || inner.unused) continue;
      const ValueId origin = behind_casts(expert, inner.inputs[0]);
      const bool dispatched = origin == expert.inputs[0] && shared;
      Place& place = places_[{node.callee, inner.module}];
      place.key = dispatched ? InputKey{layer, behind_casts(self, node.inputs[0]), -1} : InputKey{node.callee, origin, 0};
      place.at = dispatched ? LookedAt{node.inputs[0], none_id} : LookedAt{inner.inputs[0], n};
      place.output_key = {node.callee, behind_casts(expert, inner.outputs.back()), 0, inner.outputs.size() > 1};
      place.output_at = {inner.outputs.back(), n, inner.outputs.size() > 1};
    }
  }
}

InputKey LayerInputs::key(TemplateId owner, uint32_t local, int32_t expert) const {
  InputKey key = places_.at({owner, local}).key;
  if (key.expert >= 0) key.expert = expert;
  return key;
}

LookedAt LayerInputs::where(TemplateId owner, uint32_t local) const { return places_.at({owner, local}).at; }

std::vector<LookedAt> LayerInputs::places(const ModelGraph& graph, const std::vector<uint32_t>& modules) const {
  std::vector<LookedAt> places;
  for (uint32_t m : modules) {
    const Module& module = graph.modules[m];
    if (!knows(module.owner, module.local)) continue;
    const LookedAt at = where(module.owner, module.local);
    if (std::find(places.begin(), places.end(), at) == places.end()) places.push_back(at);
  }
  return places;
}

InputKey LayerInputs::output_key(TemplateId owner, uint32_t local, int32_t expert) const {
  InputKey key = places_.at({owner, local}).output_key;
  if (key.expert >= 0) key.expert = expert;
  return key;
}

LookedAt LayerInputs::output_where(TemplateId owner, uint32_t local) const {
  return places_.at({owner, local}).output_at;
}

uint32_t LayerInputs::dispatch_of(TemplateId owner) const {
  auto found = dispatches_.find(owner);
  return found == dispatches_.end() ? none_id : found->second;
}

}  // namespace lcr
