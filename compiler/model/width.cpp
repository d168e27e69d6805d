#include "compiler/model/width.h"

#include <algorithm>

namespace lcr {

int64_t widest_layer_output(const ModelGraph& graph) {
  const Template& model = graph.templates[0];
  int64_t width = 1;
  for (const Node& node : model.nodes)
    if (node.op == Op::Call)
      for (ValueId value : node.outputs) width = std::max(width, elements_of(model.values[value].dims));
  return width;
}

}  // namespace lcr
