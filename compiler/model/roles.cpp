#include "compiler/model/roles.h"

#include <functional>

namespace lcr {
namespace {

// A sum of two streams is where a residual joins: what comes from behind it belongs to another part of the layer.
bool joins_streams(const Template& owner, const Node& node) {
  if (node.op != Op::Add && node.op != Op::Subtract) return false;
  return node.inputs.size() == 2 && !owner.values[node.inputs[0]].constant && !owner.values[node.inputs[1]].constant;
}

class Marker {
 public:
  explicit Marker(Template& owner) : owner_(owner), consumers_(owner.values.size()) {
    for (uint32_t n = 0; n < owner.nodes.size(); ++n)
      for (ValueId input : owner.nodes[n].inputs) consumers_[input].push_back(n);
  }

  // Linears on the way back from a value, the first ones only or all.
  void feeding(ValueId value, Role role, bool first_only) {
    std::vector<bool> seen(owner_.nodes.size());
    back(value, role, first_only, seen);
  }

  // The first linears that read what a node gives, and whatever else they read (gates).
  void reading(const Node& node, Role role) {
    std::vector<bool> seen(owner_.nodes.size());
    for (ValueId output : node.outputs) forth(output, role, seen);
  }

 private:
  void mark(const Node& node, Role role) {
    Role& roles = owner_.modules[node.module].roles;
    roles = roles | role;
  }

  void back(ValueId value, Role role, bool first_only, std::vector<bool>& seen) {
    const uint32_t number = owner_.values[value].node;
    if (number == none_id || seen[number]) return;
    seen[number] = true;
    const Node& node = owner_.nodes[number];
    if (node.op == Op::Call || node.op == Op::Dispatch || joins_streams(owner_, node)) return;
    if (node.op == Op::Linear) {
      mark(node, role);
      if (first_only) return;
    }
    for (ValueId input : node.inputs) back(input, role, first_only, seen);
  }

  void forth(ValueId value, Role role, std::vector<bool>& seen) {
    for (uint32_t number : consumers_[value]) {
      if (seen[number]) continue;
      seen[number] = true;
      const Node& node = owner_.nodes[number];
      if (node.op == Op::Call || node.op == Op::Dispatch || joins_streams(owner_, node)) continue;
      if (node.op == Op::Linear) {
        mark(node, role);
        feeding(node.inputs[0], role, false);
        continue;
      }
      for (ValueId output : node.outputs) forth(output, role, seen);
    }
  }

  Template& owner_;
  std::vector<std::vector<uint32_t>> consumers_;
};

void mark_by_dataflow(Template& owner) {
  Marker marker(owner);
  for (const Node& node : owner.nodes) {
    const bool recurrent = node.op == Op::DeltaRule || node.op == Op::SsmScan;
    if (node.op == Op::Attend || recurrent) {
      const Role role = recurrent ? Role::LinearAttention : Role::Attention;
      for (ValueId input : node.inputs) marker.feeding(input, role, false);
      marker.reading(node, role);
    } else if (node.op == Op::TopK) {
      for (ValueId input : node.inputs) marker.feeding(input, Role::Router, true);
    }
  }
}

constexpr Role of_a_layer_but_mlp = Role::Attention | Role::LinearAttention | Role::Router;

}  // namespace

void derive_roles(std::vector<Template>& templates) {
  for (Template& owner : templates) {
    if (!owner.expert) mark_by_dataflow(owner);
    const bool layer = &owner != &templates[0];
    for (const Node& node : owner.nodes) {
      if (node.module == none_id) continue;
      TemplateModule& module = owner.modules[node.module];
      module.roles = module.roles | (node.roles & Role::Decoder);
      if (owner.expert) module.roles = module.roles | Role::Expert;
      if (module.kind == ModuleKind::Embedding) module.roles = module.roles | Role::Embedding;
      if (layer && module.kind == ModuleKind::Linear && (module.roles & of_a_layer_but_mlp) == Role::None)
        module.roles = module.roles | Role::Mlp;
    }
  }
  Marker(templates[0]).feeding(templates[0].outputs[0], Role::Head, true);
}

}  // namespace lcr
