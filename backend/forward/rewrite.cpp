#include "backend/forward/rewrite.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "compiler/diagnostics/check.h"
#include "compiler/facts/folds.h"

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

bool has_rows(const Module& module) { return module.kind == ModuleKind::Linear || module.kind == ModuleKind::Conv; }

}  // namespace

void centre_norms(ModelGraph& graph, const Rotations& rotations) {
  for (auto [owner, module] : rotations.centred)
    for (Node& node : graph.templates[owner].nodes)
      if (node.module == module) node.attributes.centred = true;
}

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
  return weights_.tensor(module, weight_index(graph_, module)).to(at::Device(device_), at::kDouble);
}

at::Tensor Rewriter::bias(uint32_t module) const {
  int index = index_of(graph_, module, "bias");
  return index < 0 ? at::Tensor() : weights_.tensor(module, index).to(at::Device(device_), at::kDouble);
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

void Rewriter::rotate_residual(const Rotations& rotations, const at::Tensor& rotation) {
  LCR_CHECK(rotations.r1_legal, "a residual stream that cannot be rotated");
  untie();
  at::Tensor r = rotation.to(at::Device(device_), at::kDouble);
  fold_norms(rotations, r);
  auto all = [&](const std::vector<std::pair<TemplateId, uint32_t>>& of, auto change) {
    for (const auto& [key, instances] : modules_)
      if (std::find(of.begin(), of.end(), std::pair{std::get<1>(key), std::get<2>(key)}) != of.end())
        for (uint32_t module : instances) change(module);
  };
  if (!rotations.centred.empty()) all(rotations.writers, [&](uint32_t module) { centre(module); });
  all(rotations.writers, [&](uint32_t module) { rotate_written(module, r); });
  all(rotations.readers, [&](uint32_t module) { rotate_read(module, r); });
}

// A norm gives D (x + D⁻¹ b): its readers take D, and the norm keeps R D⁻¹ b.
void Rewriter::fold_norms(const Rotations& rotations, const at::Tensor& rotation) {
  for (const NormFold& fold : derive_folds(graph_, rotations)) {
    for (const auto& [key, instances] : modules_) {
      if (std::get<1>(key) != fold.owner || std::get<2>(key) != fold.module) continue;
      uint32_t norm = instances.front();
      double offset = offset_of(graph_, norm);
      at::Tensor w = weight(norm) + offset, b = bias(norm);
      for (const auto& [reading, readers] : modules_) {
        std::pair<TemplateId, uint32_t> reader{std::get<1>(reading), std::get<2>(reading)};
        bool reads = std::find(fold.readers.begin(), fold.readers.end(), reader) != fold.readers.end();
        // What a layer's norm gives stays in the layer; what the model's own norm gives is read anywhere.
        if (!reads || (fold.owner != 0 && std::get<0>(reading) != std::get<0>(key))) continue;
        for (uint32_t module : readers) {
          at::Tensor before = weight(module);
          set_weight(module, before * along(w, 1, before.dim()));
        }
      }
      set_weight(norm, at::full_like(w, 1 - offset));
      if (b.defined()) set_bias(norm, at::matmul(rotation, b / w));
    }
  }
}

// (I - 11ᵀ / d) W and b: what is written has the mean zero in every row.
void Rewriter::centre(uint32_t module) {
  at::Tensor w = weight(module), b = bias(module);
  set_weight(module, w - w.mean(has_rows(graph_.modules[module]) ? 0 : -1, true));
  if (b.defined()) set_bias(module, b - b.mean());
}

void Rewriter::rotate_written(uint32_t module, const at::Tensor& rotation) {
  at::Tensor w = weight(module), b = bias(module);
  if (has_rows(graph_.modules[module])) {
    set_weight(module, at::matmul(rotation, w.flatten(1)).view_as(w));
  } else {
    set_weight(module, at::matmul(w, rotation.t()));
  }
  if (b.defined()) set_bias(module, at::matmul(rotation, b));
}

void Rewriter::rotate_read(uint32_t module, const at::Tensor& rotation) {
  at::Tensor w = weight(module);
  // The columns are the second axis, also of a convolution over frames.
  set_weight(module, at::matmul(w.transpose(1, -1), rotation.t()).transpose(1, -1));
}

void Rewriter::rotate_heads(const Rotations::Heads& heads, uint32_t instance, const at::Tensor& rotation) {
  LCR_CHECK(heads.legal, "heads that cannot be rotated");
  at::Tensor r = rotation.to(at::kDouble);
  uint32_t value = modules(instance, heads.owner, heads.value_module).front();
  at::Tensor w = weight(value).clone(), b = bias(value);
  if (b.defined()) b = b.clone();
  for (int64_t head = 0; head < heads.heads; ++head) {
    int64_t row = heads.row_begin + head * heads.row_stride;
    at::Tensor rows = w.narrow(0, row, heads.width);
    rows.copy_(at::matmul(r[head], rows));
    if (b.defined()) b.narrow(0, row, heads.width).copy_(at::matmul(r[head], b.narrow(0, row, heads.width)));
  }
  set_weight(value, w);
  if (b.defined()) set_bias(value, b);

  int64_t group = heads.query_heads / heads.heads;
  for (uint32_t local : heads.readers) {
    uint32_t reader = modules(instance, heads.owner, local).front();
    at::Tensor columns = weight(reader).clone();
    for (int64_t head = 0; head < heads.query_heads; ++head) {
      at::Tensor part = columns.narrow(1, head * heads.width, heads.width);
      part.copy_(at::matmul(part, r[head / group].t()));
    }
    set_weight(reader, columns);
  }
}

}  // namespace lcr
