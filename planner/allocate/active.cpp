#include "planner/allocate/active.h"

#include <map>
#include <utility>

namespace lcr {
namespace {

// Experts that a token is sent to, from the choice that the dispatch reads; 0 when it is made elsewhere.
int64_t chosen_experts(const Template& self, const Node& dispatch) {
  std::vector<ValueId> open(dispatch.inputs.begin() + 1, dispatch.inputs.end());
  std::vector<bool> seen(self.values.size(), false);
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    const uint32_t maker = self.values[value].node;
    if (seen[value] || maker == none_id) continue;
    seen[value] = true;
    if (self.nodes[maker].op == Op::TopK) return self.nodes[maker].attributes.k;
    open.insert(open.end(), self.nodes[maker].inputs.begin(), self.nodes[maker].inputs.end());
  }
  return 0;
}

}  // namespace

std::vector<double> active_shares(const ModelGraph& graph) {
  std::map<TemplateId, double> by_expert;
  for (const Template& self : graph.templates)
    for (const Node& node : self.nodes) {
      if (node.op != Op::Dispatch || node.attributes.experts <= 0) continue;
      const int64_t k = chosen_experts(self, node);
      if (k > 0) by_expert[node.callee] = static_cast<double>(k) / static_cast<double>(node.attributes.experts);
    }
  std::vector<double> shares(graph.modules.size(), 1);
  for (size_t m = 0; m < shares.size(); ++m) {
    const auto found = by_expert.find(graph.modules[m].owner);
    if (graph.modules[m].expert >= 0 && found != by_expert.end()) shares[m] = found->second;
  }
  return shares;
}

}  // namespace lcr
