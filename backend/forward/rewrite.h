#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "backend/forward/tensor.h"
#include "backend/forward/weights.h"
#include "compiler/facts/facts.h"

namespace lcr {

// Scales of weights that leave a model's function unchanged, on top of the weights as they are: each adds to the ones
// before. Computed in float64, stored in float32.
class Rewriter {
 public:
  // A tensor of a module as it is now.
  using Read = std::function<at::Tensor(uint32_t module, uint32_t tensor)>;
  // All must outlive this. `device`: where it computes, and leaves what it changes. `read`: where weights are read from;
  // empty: from `weights`. Tied modules get weights of their own when the model's own values are scaled.
  Rewriter(const ModelGraph& graph, ChangedWeights& weights, std::string device = "cpu", Read read = {});

  // Divides what the set's writers write by `scale` [set.width] and multiplies what its readers read by it, in one
  // instance of the set's template; `expert` is -1 unless the template is an expert's.
  void scale(const SmoothingSet& set, uint32_t instance, int32_t expert, const at::Tensor& scale);
  // Modules that were changed since the last call, in order.
  std::vector<uint32_t> take_changed();

 private:
  // Modules of the graph: in one instance all experts of a template's module, in order.
  using Key = std::tuple<uint32_t, TemplateId, uint32_t>;
  const std::vector<uint32_t>& modules(uint32_t instance, TemplateId owner, uint32_t local) const;

  // Float64 copies; bias is undefined when there is none.
  at::Tensor weight(uint32_t module) const;
  at::Tensor bias(uint32_t module) const;
  void set_weight(uint32_t module, const at::Tensor& value);
  void set_bias(uint32_t module, const at::Tensor& value);

  void untie();
  void scale_side(const Side& side, uint32_t module, const at::Tensor& scale);

  const ModelGraph& graph_;
  ChangedWeights& weights_;
  std::string device_;
  Read read_;
  std::set<uint32_t> changed_;
  std::map<Key, std::vector<uint32_t>> modules_;
};

}  // namespace lcr
