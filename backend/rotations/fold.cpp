#include "backend/rotations/fold.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "backend/forward/host_copies.h"
#include "backend/rotations/learned_rotations.h"
#include "compiler/diagnostics/check.h"
#include "compiler/facts/folds.h"
#include "planner/cost/memory.h"

namespace lcr {
namespace {

bool is_weight(const std::string& name) { return name == "weight" || name.empty(); }

}  // namespace

Fold::Fold(const ModelGraph& graph, const Rotations& facts, std::vector<ModuleFold> modules, FoldMatrices matrices,
           const Weights& norms, std::string device)
    : graph_(graph), heads_(facts.heads), modules_(std::move(modules)), matrices_(std::move(matrices)),
      device_(std::move(device)) {
  for (std::optional<RotationMatrix>* one : {&matrices_.stream, &matrices_.heads})
    if (*one) (*one)->move_to(at::Device(device_));
  for (auto& [path, matrix] : matrices_.own) matrix.move_to(at::Device(device_));
  std::map<std::pair<uint32_t, uint32_t>, std::string> values;  // instance, heads
  for (uint32_t m = 0; m < modules_.size(); ++m) {
    const ModuleFold& fold = modules_[m];
    if (fold.values != none_id) values[{graph.modules[m].instance, fold.values}] = std::string(graph.modules[m].path);
    if (!fold.ones) continue;
    offsets_[m] = norm_offset(graph, m);
    const auto& tensors = graph.declaration(graph.modules[m]).tensors;
    for (uint32_t t = 0; t < tensors.size(); ++t)
      if (tensors[t].name == "weight")
        norms_[m] = norms.tensor(m, t).to(at::Device(device_), at::kDouble) + offsets_[m];
  }
  for (uint32_t m = 0; m < modules_.size(); ++m)
    if (modules_[m].attended != none_id)
      value_paths_[m] = values.at({graph.modules[m].instance, modules_[m].attended});
}

at::Tensor Fold::norm(uint32_t module) const {
  const auto found = norms_.find(module);
  return found == norms_.end() ? at::Tensor() : found->second;
}

const RotationMatrix& Fold::heads_of(uint32_t module) const {
  const auto path = value_paths_.find(module);
  const auto own = matrices_.own.find(path == value_paths_.end() ? graph_.modules[module].path : std::string_view(path->second));
  return own == matrices_.own.end() ? *matrices_.heads : own->second;
}

at::Tensor Fold::apply(uint32_t module, uint32_t tensor, const at::Tensor& stored, int64_t first) const {
  LCR_CHECK(changes(module), "a module that no rotation changes is folded");
  const ModuleFold& fold = modules_[module];
  const std::string& name = graph_.declaration(graph_.modules[module]).tensors[tensor].name;
  // Biases, norms, and bare parameters that write a row of the stream.
  if (fold.ones || !is_weight(name)) return vector(module, name, stored, first);
  at::Tensor weight = by_columns(module, stored.dim() == 1 ? stored.unsqueeze(0) : stored);
  by_rows(module, weight);
  return stored.dim() == 1 ? weight.squeeze(0) : weight;
}

// A norm gives D (x + D⁻¹ b): its readers take D, and the norm keeps R D⁻¹ b.
at::Tensor Fold::vector(uint32_t module, const std::string& name, const at::Tensor& stored, int64_t first) const {
  const ModuleFold& fold = modules_[module];
  at::Tensor value = stored.to(at::Device(device_), at::kDouble);
  if (fold.ones && name == "weight") return at::full_like(value, 1 - offsets_.at(module)).to(at::kFloat);
  if (fold.ones) value = value / norm(module).slice(0, first, first + value.size(0));
  if (fold.centred && fold.rows) value = value - value.mean();
  if (fold.ones || (fold.writes && fold.rows)) value = matrices_.stream->times_transposed(value);
  if (fold.values != none_id) value = turn_values(module, value.unsqueeze(1)).squeeze(1);
  return value.to(at::kFloat);
}

// Rows stand alone here: what is read, and the width of tables.
at::Tensor Fold::by_columns(uint32_t module, const at::Tensor& stored) const {
  const ModuleFold& fold = modules_[module];
  at::Tensor out = at::empty(stored.sizes(), at::TensorOptions(at::kFloat).device(at::Device(device_)));
  if (fold.norm == none_id && !fold.reads && fold.attended == none_id && (!fold.writes || fold.rows))
    return out.copy_(device_copy(stored, at::Device(device_)));
  const int64_t rows = stored.size(0), step = std::max<int64_t>(1, folded_at_once / std::max<int64_t>(1, stored[0].numel()));
  for (int64_t row = 0; row < rows; row += step) {
    const int64_t count = std::min(step, rows - row);
    at::Tensor part = device_copy(stored.narrow(0, row, count), at::Device(device_)).to(at::kDouble);
    out.narrow(0, row, count).copy_(read_side(module, part));
  }
  return out;
}

at::Tensor Fold::read_side(uint32_t module, at::Tensor rows) const {
  const ModuleFold& fold = modules_[module];
  if (fold.writes && !fold.rows) {
    if (fold.centred) rows = rows - rows.mean(-1, true);
    return matrices_.stream->times_transposed(rows);
  }
  // The columns are the second axis, also of a convolution over frames.
  at::Tensor columns = rows.transpose(1, -1);
  if (fold.norm != none_id && norm(fold.norm).defined()) columns = columns * norm(fold.norm);
  if (fold.reads) columns = matrices_.stream->times_transposed(columns);
  if (fold.attended != none_id) {
    const Rotations::Heads& heads = heads_[fold.attended];
    const int64_t group = heads.query_heads / heads.heads;
    // [rows, kv head, its query heads, width], by kv head.
    at::Tensor parts = columns.reshape({-1, heads.heads, group, heads.width}).transpose(0, 1);
    columns = heads_of(module).times_transposed(parts.contiguous()).transpose(0, 1).reshape(columns.sizes());
  }
  return columns.transpose(1, -1);
}

// What is written: a column stands alone.
void Fold::by_rows(uint32_t module, at::Tensor& weight) const {
  if (!modules_[module].mixes_rows()) return;
  at::Tensor flat = weight.flatten(1);
  const int64_t columns = flat.size(1), step = std::max<int64_t>(1, folded_at_once / flat.size(0));
  for (int64_t column = 0; column < columns; column += step) {
    at::Tensor part = flat.narrow(1, column, std::min(step, columns - column));
    part.copy_(written_side(module, part.to(at::kDouble)));
  }
}

at::Tensor Fold::written_side(uint32_t module, at::Tensor columns) const {
  const ModuleFold& fold = modules_[module];
  if (fold.writes && fold.centred) columns = columns - columns.mean(0, true);
  if (fold.writes) columns = matrices_.stream->turned_rows(columns);
  return fold.values == none_id ? columns : turn_values(module, columns);
}

// Row c of kv head h is row row_begin + h * row_stride + c.
at::Tensor Fold::turn_values(uint32_t module, const at::Tensor& columns) const {
  const Rotations::Heads& heads = heads_[modules_[module].values];
  at::Tensor result = columns.contiguous().clone();
  const int64_t width = result.size(1);
  at::Tensor values = result.as_strided({heads.heads, heads.width, width}, {heads.row_stride * width, width, 1},
                                        heads.row_begin * width);
  values.copy_(heads_of(module).turned_rows(values.clone()));
  return result;
}

std::unique_ptr<Fold> fold_of(const std::vector<Rotation>& rotations, const ModelGraph& graph, const Weights& norms,
                              const std::string& device, const LearnedRotations* learned) {
  const Rotations facts = derive_rotations(graph);
  auto modules = module_folds(graph, facts, rotations);
  if (modules.empty()) return nullptr;
  return std::make_unique<Fold>(graph, facts, std::move(modules), matrices_of(rotations, learned), norms, device);
}

}  // namespace lcr
