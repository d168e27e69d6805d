#include "compiler/check/sharding.h"

namespace lcr {
namespace {

// Operations that keep the channels of their first inputs apart, so that a divided value stays divided.
bool passes(Op op) {
  switch (op) {
    case Op::Rope:
    case Op::Attend:
    case Op::Activate:
    case Op::Add:
    case Op::Subtract:
    case Op::Multiply:
    case Op::Divide:
    case Op::Softcap: case Op::Clamp: case Op::Negate: case Op::Split: case Op::Every: case Op::Concat: case Op::View:
    case Op::F32: case Op::Native: case Op::CausalConv: case Op::DeltaRule: case Op::SsmScan: case Op::Temperature:
      return true;
    default:
      return false;
  }
}

bool is_norm(Op op) { return op == Op::RmsNorm || op == Op::LayerNorm || op == Op::UnitRms; }

class Walker {
 public:
  explicit Walker(const Template& of) : template_(of), divided_(of.values.size()), normed_(of.values.size()) {
    // Nodes stand in execution order: forwards for what is divided, backwards for what a norm reads as a whole.
    for (const Node& node : of.nodes) {
      bool any = node.op == Op::Linear;
      const bool heads_norm = is_norm(node.op) && !node.inputs.empty() && of.values[node.inputs[0]].dims.size() > 1;
      if (passes(node.op) || heads_norm)
        for (ValueId input : node.inputs) any = any || divided_[input];
      for (ValueId output : node.outputs) divided_[output] = any;
    }
    for (size_t n = of.nodes.size(); n-- > 0;) {
      const Node& node = of.nodes[n];
      bool whole = is_norm(node.op) && !node.inputs.empty() && of.values[node.inputs[0]].dims.size() == 1;
      if (node.op == Op::Split || node.op == Op::View || node.op == Op::F32 || node.op == Op::Native)
        for (ValueId output : node.outputs) whole = whole || normed_[output];
      if (!whole) continue;
      for (ValueId input : node.inputs) normed_[input] = true;
    }
  }

  Sharding sharding(const Node& node) const {
    if (has(template_.modules[node.module].roles, Role::Router)) return Sharding::Whole;
    for (ValueId output : node.outputs)
      if (normed_[output]) return Sharding::Whole;
    return divided_[node.inputs[0]] ? Sharding::Row : Sharding::Column;
  }

 private:
  const Template& template_;
  std::vector<bool> divided_, normed_;
};

}  // namespace

std::vector<Sharding> shardings(const ModelGraph& graph, TemplateId id) {
  const Template& one = graph.templates[id];
  std::vector<Sharding> result(one.modules.size(), Sharding::Whole);
  const Walker walker(one);
  for (const Node& node : one.nodes)
    if (node.op == Op::Linear && node.module != none_id && !node.inputs.empty())
      result[node.module] = walker.sharding(node);
  return result;
}

}  // namespace lcr
