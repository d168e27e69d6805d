#include <map>

#include "compiler/facts/facts.h"

namespace lcr {

ValueId behind_casts(const Template& self, ValueId value) {
  while (self.values[value].node != none_id) {
    const Node& node = self.nodes[self.values[value].node];
    if (node.op != Op::F32 && node.op != Op::Native && node.op != Op::View) break;
    value = node.inputs[0];
  }
  return value;
}

namespace {

// Linears of an expert that read the rows that were routed to it.
std::vector<uint32_t> readers_of_input(const Template& expert) {
  std::vector<uint32_t> modules;
  for (const Node& node : expert.nodes) {
    if (node.op == Op::Linear && behind_casts(expert, node.inputs[0]) == expert.inputs[0])
      modules.push_back(node.module);
  }
  return modules;
}

}  // namespace

std::vector<SharedInput> derive_shared_inputs(const ModelGraph& graph) {
  std::vector<SharedInput> result;
  for (TemplateId id = 0; id < graph.templates.size(); ++id) {
    const Template& self = graph.templates[id];
    std::map<ValueId, SharedInput> groups;
    auto group = [&](ValueId value) -> SharedInput& {
      SharedInput& found = groups[behind_casts(self, value)];
      found.owner = id;
      return found;
    };
    for (const Node& node : self.nodes) {
      if (node.unused) continue;
      if (node.op == Op::Linear) group(node.inputs[0]).modules.push_back(node.module);
      // Weights that scale the rows per token make them other values.
      if (node.op != Op::Dispatch || node.attributes.scale_input) continue;
      SharedInput& shared = group(node.inputs[0]);
      shared.expert_owner = node.callee;
      shared.experts = readers_of_input(graph.templates[node.callee]);
    }
    for (auto& [value, shared] : groups) result.push_back(std::move(shared));
  }
  return result;
}

}  // namespace lcr
