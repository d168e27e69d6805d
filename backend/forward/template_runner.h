#pragma once

#include <map>
#include <set>
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
};

// Experts that run together: in every value the rows of one follow those of the one before.
struct ExpertRows {
  int32_t first = 0, count = 0, all = 0;  // of all experts of the dispatch
  int64_t rows = 0;                       // of each, where `ends` is undefined; an input of so many rows is every expert's
  at::Tensor ends;                        // i32 [count]: where the rows of each end
  at::Tensor expert_of_row;               // i64 [rows], with `ends`
};

// Which use of a template runs: the instance, and the expert inside of a dispatch (else -1), or several together.
struct NodePlace {
  TemplateId id = 0;
  uint32_t instance = 0;
  int32_t expert = -1;
  const ExpertRows* together = nullptr;
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
  // Whether the experts of a template can run together on rows like x: on a device that has grouped products, where what
  // they compute is linear layers and operations row by row.
  bool runs_together(TemplateId expert, const at::Tensor& x) const;

 private:
  struct Step;
  at::Tensor compute(const Step& step);
  at::Tensor compute_sequence(const Step& step);
  at::Tensor weight(const Step& step, std::string_view name);
  uint32_t module_of(const Step& step) const;
  at::Tensor attend(const Step& step);
  std::vector<at::Tensor> linear(const Step& step);
  at::Tensor embedding(const Step& step);
  at::Tensor dispatch(const Step& step);
  at::Tensor dispatch_together(const Step& step);
  at::Tensor linear_together(const Step& step);
  at::Tensor stacked(const Step& step, std::string_view name);
  const forward::RotaryTable& table(const Step& step);

  const ModelGraph& graph_;
  WeightCache& weights_;
  const ActivationFormats* activations_;
  at::ScalarType native_;
  std::string device_;
  ModuleIndex modules_;
  // By node: a product joined with the activation that it alone reads: which of its inputs, and the activation's node.
  // The activation itself then hands on what it reads.
  struct Gates {
    std::map<uint32_t, std::pair<size_t, uint32_t>> products;
    std::set<uint32_t> activations;
  };
  const Gates& gates(TemplateId id);

  std::map<TemplateId, Gates> gates_;
  std::map<std::pair<TemplateId, std::vector<bool>>, Liveness> liveness_;
  // By lengths of the sequences: packs of the same lengths share them.
  std::map<std::pair<const Rotary*, std::vector<int64_t>>, forward::RotaryTable> tables_;
};

}  // namespace lcr
