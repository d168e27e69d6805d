#include "backend/forward/liveness.h"

#include <algorithm>

namespace lcr {
namespace {

using Flags = std::vector<bool>;

// Which outputs of a node there are not, given which values there are not.
Flags absent_outputs(const ModelGraph& graph, const Node& node, const Flags& absent,
                     const std::vector<std::string>& given) {
  auto missing = [&](ValueId value) { return absent[value]; };
  if (node.op == Op::Input) {
    bool known = std::find(given.begin(), given.end(), node.attributes.name) != given.end();
    return Flags(node.outputs.size(), !known);
  }
  // The second input is what replaces rows.
  if (node.op == Op::Scatter) return Flags(node.outputs.size(), missing(node.inputs[0]));
  if (node.op == Op::Call) {
    Flags inputs;
    for (ValueId value : node.inputs) inputs.push_back(missing(value));
    Flags outputs = liveness(graph, node.callee, inputs, given).outputs;
    outputs.flip();
    return outputs;
  }
  return Flags(node.outputs.size(), std::any_of(node.inputs.begin(), node.inputs.end(), missing));
}

}  // namespace

Liveness liveness(const ModelGraph& graph, TemplateId id, const std::vector<bool>& absent,
                  const std::vector<std::string>& given) {
  const Template& t = graph.templates[id];
  Flags gone(t.values.size(), false), needed(t.values.size(), false);
  for (size_t i = 0; i < absent.size(); ++i) gone[t.inputs[i]] = absent[i];
  for (const Node& node : t.nodes) {
    Flags outputs = node.unused ? Flags(node.outputs.size(), true) : absent_outputs(graph, node, gone, given);
    for (size_t i = 0; i < outputs.size(); ++i) gone[node.outputs[i]] = outputs[i];
  }

  Liveness result;
  result.nodes.assign(t.nodes.size(), false);
  result.last.resize(t.nodes.size());
  for (ValueId output : t.outputs) {
    result.outputs.push_back(!gone[output]);
    needed[output] = !gone[output];
  }
  // Backwards: a node runs when something that runs, or the caller, needs one of its outputs.
  Flags kept = needed;
  for (size_t i = t.nodes.size(); i-- > 0;) {
    const Node& node = t.nodes[i];
    for (ValueId output : node.outputs) {
      if (gone[output]) continue;
      if (needed[output]) result.nodes[i] = true;
    }
    if (!result.nodes[i]) continue;
    for (ValueId output : node.outputs)
      if (!needed[output]) result.last[i].push_back(output);
    for (ValueId input : node.inputs) {
      if (gone[input] || needed[input]) continue;
      needed[input] = true;
      // The first use met from behind is the last one.
      if (!kept[input]) result.last[i].push_back(input);
    }
  }
  return result;
}

}  // namespace lcr
