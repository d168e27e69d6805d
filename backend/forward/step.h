#pragma once

#include "backend/forward/template_runner.h"

namespace lcr {

// One node about to run.
struct TemplateRunner::Step {
  const NodePlace& place;
  const Template& owner;
  const Node& node;
  const std::vector<Slot>& values;
  PackState& pack;

  const at::Tensor& in(size_t i) const { return values[node.inputs[i]].tensor; }
  const Dims& dims(size_t output) const { return owner.values[node.outputs[output]].dims; }
  // The shape of an output, with the rows left open.
  Dims shape(size_t output) const {
    Dims shape{-1};
    shape.insert(shape.end(), dims(output).begin(), dims(output).end());
    return shape;
  }
};

}  // namespace lcr
