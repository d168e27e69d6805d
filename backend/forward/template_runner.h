#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "backend/forward/fake_quantize.h"
#include "backend/forward/liveness.h"
#include "backend/forward/module_index.h"
#include "backend/forward/pack.h"
#include "backend/forward/records.h"
#include "backend/forward/weight_cache.h"
#include "compiler/model/graph.h"

namespace lcr {

// A value at run time: a tensor [rows, dims…]; of a routing value the weights [rows, k], with the indices.
struct Slot {
  at::Tensor tensor, indices;
};

// What one pack's rows share through the whole model.
struct PackState {
  Sequences sequences;
  at::Tensor ids;
  std::map<const Rotary*, forward::RotaryTable> tables;
};

// Which use of a template runs: the instance, and the expert inside of a dispatch (else -1).
struct NodePlace {
  TemplateId id = 0;
  uint32_t instance = 0;
  int32_t expert = -1;
};

// Runs the nodes of templates with the weights of one of their uses.
class TemplateRunner {
 public:
  // All references must outlive this; `activations` may be null.
  TemplateRunner(const ModelGraph& graph, WeightCache& weights, const ActivationFormats* activations,
                 at::ScalarType native, std::string device);

  // Outputs of a template for its inputs; undefined ones are absent.
  std::vector<Slot> run(const NodePlace& place, std::vector<Slot> inputs, PackState& pack);
  // One node: reads its inputs from `values` and writes its outputs there.
  void run_node(const NodePlace& place, uint32_t node, std::vector<Slot>& values, PackState& pack);
  const Liveness& alive(TemplateId id, const std::vector<bool>& absent);

 private:
  struct Step;
  at::Tensor compute(const Step& step);
  at::Tensor compute_sequence(const Step& step);
  at::Tensor weight(const Step& step, std::string_view name);
  uint32_t module_of(const Step& step) const;
  std::vector<at::Tensor> linear(const Step& step);
  at::Tensor embedding(const Step& step);
  at::Tensor dispatch(const Step& step);
  at::Tensor attend(const Step& step);
  const forward::RotaryTable& table(const Step& step);

  const ModelGraph& graph_;
  WeightCache& weights_;
  const ActivationFormats* activations_;
  at::ScalarType native_;
  std::string device_;
  ModuleIndex modules_;
  std::map<std::pair<TemplateId, std::vector<bool>>, Liveness> liveness_;
};

}  // namespace lcr
