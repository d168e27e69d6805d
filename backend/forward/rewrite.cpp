#include "backend/forward/rewrite.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "compiler/diagnostics/check.h"
#include "compiler/facts/folds.h"

namespace lcr {
namespace {

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

Rewriter::Rewriter(const ModelGraph& graph, ChangedWeights& weights, std::string device, Read read)
    : graph_(graph), weights_(weights), device_(std::move(device)), read_(std::move(read)) {
  if (!read_) read_ = [this](uint32_t module, uint32_t tensor) { return weights_.tensor(module, tensor); };
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
  return read_(module, weight_index(graph_, module)).to(at::Device(device_)).to(at::kDouble);
}

at::Tensor Rewriter::bias(uint32_t module) const {
  const auto index = tensor_index(graph_, module, "bias");
  return !index ? at::Tensor() : weights_.tensor(module, *index).to(at::Device(device_)).to(at::kDouble);
}

void Rewriter::set_weight(uint32_t module, const at::Tensor& value) {
  changed_.insert(module);
  weights_.set(module, weight_index(graph_, module), value.to(at::kFloat).contiguous());
}

void Rewriter::set_bias(uint32_t module, const at::Tensor& value) {
  changed_.insert(module);
  weights_.set(module, *tensor_index(graph_, module, "bias"), value.to(at::kFloat).contiguous());
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
      double offset = norm_offset(graph_, module);
      set_weight(module, (w + offset) / f.view_as(w) - offset);
    }
  }
  if (b.defined()) set_bias(module, b / f.view_as(b));
}

}  // namespace lcr
