#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <utility>

#include "backend/forward/weights.h"
#include "compiler/model/graph.h"

// Small graphs by hand, for tests of what runs them.
namespace lcr::by_hand {

// Weights that lie in memory, all of them.
class MemoryWeights : public Weights {
 public:
  std::map<std::pair<uint32_t, uint32_t>, at::Tensor> tensors;
  at::Tensor tensor(uint32_t module, uint32_t tensor) const override { return tensors.at({module, tensor}); }
};

// Adds nodes to one template.
class TemplateBuilder {
 public:
  TemplateBuilder(ModelGraph& graph, TemplateId id) : graph_(graph), id_(id) {
    if (graph.templates.size() <= id) graph.templates.resize(id + 1);
  }

  ValueId input(Dims dims) {
    ValueId value = this->value(std::move(dims));
    at().inputs.push_back(value);
    return value;
  }
  // A node with one output; `shape` is the weight's, empty for none.
  ValueId add(Op op, std::vector<ValueId> inputs, Dims dims, Dims shape = {}) {
    Node node;
    node.op = op;
    node.inputs = std::move(inputs);
    node.outputs = {value(std::move(dims))};
    if (!shape.empty()) {
      node.module = static_cast<uint32_t>(at().modules.size());
      TemplateModule module;
      module.tensors.push_back({"weight", std::move(shape)});
      at().modules.push_back(std::move(module));
    }
    at().nodes.push_back(std::move(node));
    return at().nodes.back().outputs[0];
  }
  Node& last() { return at().nodes.back(); }
  void yield(ValueId value) { at().outputs.push_back(value); }

 private:
  Template& at() { return graph_.templates[id_]; }
  ValueId value(Dims dims) {
    Value value;
    value.dims = std::move(dims);
    at().values.push_back(std::move(value));
    return static_cast<ValueId>(at().values.size() - 1);
  }

  ModelGraph& graph_;
  TemplateId id_;
};

// A module of the model for module `local` of template `owner`; gives its index.
inline uint32_t add_module(ModelGraph& graph, TemplateId owner, uint32_t local, uint32_t instance, int32_t expert = -1) {
  Module module;
  module.owner = owner;
  module.local = local;
  module.instance = instance;
  module.expert = expert;
  module.first_tensor = static_cast<uint32_t>(graph.tensors.size());
  module.tensor_count = static_cast<uint32_t>(graph.templates[owner].modules[local].tensors.size());
  TensorView view;
  view.sources = {0};
  graph.tensors.insert(graph.tensors.end(), module.tensor_count, view);
  graph.modules.push_back(module);
  return static_cast<uint32_t>(graph.modules.size() - 1);
}

}  // namespace lcr::by_hand
