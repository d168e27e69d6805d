#include <fmt/core.h>

#include "compiler/facts/facts.h"
#include "compiler/facts/users.h"

namespace lcr {

void derive_residual(const ModelGraph& graph, Rotations& result);

namespace {

// Follows an attend's values back to the linear whose rows they are, through splits and views.
void find_value_rows(const Template& self, ValueId value, Rotations::Heads& heads) {
  heads.row_stride = heads.width;
  while (self.values[value].node != none_id) {
    const Node& node = self.nodes[self.values[value].node];
    if (node.op != Op::Split && node.op != Op::View && node.op != Op::Linear) return;
    int64_t before = 0;
    for (ValueId output : node.outputs) {
      if (output == value) break;
      const Dims& dims = self.values[output].dims;
      before += node.op == Op::Split ? dims.back() : elements_of(dims);
    }
    if (node.op == Op::Linear) {
      heads.row_begin += before;
      heads.value_module = node.module;
      return;
    }
    if (node.op == Op::Split) {
      const Dims& whole = self.values[node.inputs[0]].dims;
      // Parts of every head lie a whole head apart; parts of a flat row do not.
      if (whole.size() > 1) heads.row_stride = whole.back();
      heads.row_begin += before;
    }
    value = node.inputs[0];
  }
}

Rotations::Heads heads_of(const ModelGraph& graph, const Users& users, TemplateId id, uint32_t index) {
  const Template& self = graph.templates[id];
  const Node& node = self.nodes[index];
  const Dims& values = self.values[node.inputs[2]].dims;
  Rotations::Heads heads;
  heads.owner = id;
  heads.node = index;
  heads.heads = values[0];
  heads.width = values.back();
  heads.query_heads = self.values[node.outputs[0]].dims[0];
  find_value_rows(self, node.inputs[2], heads);
  heads.legal = heads.value_module != none_id;
  if (!heads.legal) heads.reason = "its values are not the rows of a linear layer";
  for (const Users::Reader& reader : users.readers({id, node.outputs[0]})) {
    const Node& user = self.nodes[reader.node];
    if (user.op == Op::Linear) {
      heads.readers.push_back(user.module);
    } else {
      heads.legal = false;
      heads.reason = fmt::format("{} stands between attention and its projection", name_of(user.op));
    }
  }
  return heads;
}

}  // namespace

Rotations derive_rotations(const ModelGraph& graph) {
  Rotations result;
  derive_residual(graph, result);
  Users users(graph);
  for (TemplateId id = 0; id < graph.templates.size(); ++id) {
    const Template& self = graph.templates[id];
    for (uint32_t index = 0; index < self.nodes.size(); ++index) {
      if (self.nodes[index].op == Op::Attend && !self.nodes[index].unused) {
        result.heads.push_back(heads_of(graph, users, id, index));
      }
    }
  }
  return result;
}

}  // namespace lcr
