#include "backend/forward/rewrite.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// Of the declared tensors of that name; -1: none. A bare parameter has no name.
int index_of(const ModelGraph& graph, uint32_t module, std::string_view name) {
  const auto& tensors = graph.declaration(graph.modules[module]).tensors;
  for (size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].name == name) return static_cast<int>(i);
  return -1;
}

int weight_index(const ModelGraph& graph, uint32_t module) {
  int index = index_of(graph, module, "weight");
  if (index < 0) index = index_of(graph, module, "");
  LCR_CHECK(index >= 0, "a module without a weight is rewritten");
  return index;
}

double offset_of(const ModelGraph& graph, uint32_t module) {
  const Module& m = graph.modules[module];
  for (const Node& node : graph.templates[m.owner].nodes)
    if (node.module == m.local) return node.attributes.offset;
  return 0;
}

// One factor for every entry of a side: its part of `scale`, one elsewhere.
at::Tensor factors(const Side& side, const at::Tensor& scale) {
  at::Tensor entries = at::tensor(at::ArrayRef<int32_t>(side.entries)).to(at::kLong);
  at::Tensor found = scale.to(at::kDouble).index_select(0, entries.clamp_min(0)).pow(side.power);
  return at::where(entries >= 0, found, at::ones_like(found));
}

// [n] along one axis of a tensor with `dims` axes.
at::Tensor along(const at::Tensor& vector, int64_t axis, int64_t dims) {
  std::vector<int64_t> shape(dims, 1);
  shape[axis] = vector.numel();
  return vector.view(shape);
}

}  // namespace

Rewriter::Rewriter(const ModelGraph& graph, ChangedWeights& weights, std::string device)
    : graph_(graph), weights_(weights), device_(std::move(device)) {
  for (uint32_t i = 0; i < graph.modules.size(); ++i) {
    const Module& module = graph.modules[i];
    if (module.kind != ModuleKind::Opaque) modules_[{module.instance, module.owner, module.local}].push_back(i);
  }
}

void Rewriter::untie() {
  for (const Tie& tie : graph_.ties) set_weight(tie.module, weight(tie.module));
}

std::vector<uint32_t> Rewriter::take_changed() {
  std::vector<uint32_t> changed(changed_.begin(), changed_.end());
  changed_.clear();
  return changed;
}

const std::vector<uint32_t>& Rewriter::modules(uint32_t instance, TemplateId owner, uint32_t local) const {
  auto found = modules_.find({instance, owner, local});
  LCR_CHECK(found != modules_.end(), "a fact about a module that the instance does not have");
  return found->second;
}

at::Tensor Rewriter::weight(uint32_t module) const {
  return weights_.tensor(module, weight_index(graph_, module)).to(at::Device(device_)).to(at::kDouble);
}

at::Tensor Rewriter::bias(uint32_t module) const {
  int index = index_of(graph_, module, "bias");
  return index < 0 ? at::Tensor() : weights_.tensor(module, index).to(at::Device(device_)).to(at::kDouble);
}

void Rewriter::set_weight(uint32_t module, const at::Tensor& value) {
  changed_.insert(module);
  weights_.set(module, weight_index(graph_, module), value.to(at::kFloat).contiguous());
}

void Rewriter::set_bias(uint32_t module, const at::Tensor& value) {
  changed_.insert(module);
  weights_.set(module, index_of(graph_, module, "bias"), value.to(at::kFloat).contiguous());
}

void Rewriter::scale(const SmoothingSet& set, uint32_t instance, int32_t expert, const at::Tensor& scale) {
  if (set.owner == 0) untie();
  for (const std::vector<Side>* sides : {&set.writers, &set.readers}) {
    for (const Side& side : *sides) {
      uint32_t in = side.instance == none_id ? instance : side.instance;
      for (uint32_t module : modules(in, side.owner, side.module)) {
        bool other = side.owner == set.owner && graph_.modules[module].expert != expert;
        if (!other || side.experts) scale_side(side, module, scale);
      }
    }
  }
}

void Rewriter::scale_side(const Side& side, uint32_t module, const at::Tensor& scale) {
  using Action = Side::Action;
  at::Tensor w = weight(module), b = bias(module), f = factors(side, scale).to(w.device());
  switch (side.action) {
    case Action::ReadColumns: return set_weight(module, w * along(f, 1, w.dim()));
    case Action::ReadRows: return set_weight(module, w * along(f, 0, w.dim()));
    case Action::WriteRows: set_weight(module, w / along(f, 0, w.dim())); break;
    case Action::WriteWidth: return set_weight(module, w / f);
    case Action::WriteEntries: return set_weight(module, w / f.view_as(w));
    case Action::WriteNorm: {
      double offset = offset_of(graph_, module);
      set_weight(module, (w + offset) / f.view_as(w) - offset);
    }
  }
  if (b.defined()) set_bias(module, b / f.view_as(b));
}

}  // namespace lcr
