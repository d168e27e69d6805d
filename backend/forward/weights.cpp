#include "backend/forward/weights.h"

#include <ATen/ATen.h>

#include <set>

#include "compiler/diagnostics/check.h"

namespace lcr {

std::optional<uint32_t> tensor_index(const ModelGraph& graph, uint32_t module, std::string_view name) {
  const auto& tensors = graph.declaration(graph.modules[module]).tensors;
  for (uint32_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].name == name) return i;
  return std::nullopt;
}

uint32_t weight_index(const ModelGraph& graph, uint32_t module) {
  auto index = tensor_index(graph, module, "weight");
  if (!index) index = tensor_index(graph, module, "");
  LCR_CHECK(index.has_value(), "a module without a weight is asked for it");
  return *index;
}

std::pair<uint32_t, uint32_t> shared_with(const ModelGraph& graph, uint32_t module, uint32_t tensor) {
  const Module& m = graph.modules[module];
  if (m.tied_to < 0 || graph.declaration(m).tensors[tensor].name != "weight") return {module, tensor};
  // Modules may declare their tensors in different orders.
  const auto other = static_cast<uint32_t>(m.tied_to);
  const auto index = tensor_index(graph, other, "weight");
  return index ? std::pair{other, *index} : std::pair{module, tensor};
}

at::Tensor Weights::rows(uint32_t module, uint32_t number, const at::Tensor& rows) const {
  const at::Tensor table = tensor(module, number);
  return table.index_select(0, rows.to(table.device()));
}

struct ChangedWeights::Changes {
  std::map<std::pair<uint32_t, uint32_t>, at::Tensor> tensors;
  std::set<uint32_t> untied;
};

ChangedWeights::ChangedWeights(const Weights& base, const ModelGraph& graph)
    : base_(base), graph_(graph), changes_(std::make_unique<Changes>()) {}
ChangedWeights::~ChangedWeights() = default;

void ChangedWeights::set(uint32_t module, uint32_t tensor, at::Tensor value) {
  changes_->tensors[{module, tensor}] = std::move(value);
}

void ChangedWeights::untie(uint32_t module) { changes_->untied.insert(module); }

void ChangedWeights::unset(uint32_t module) {
  auto& tensors = changes_->tensors;
  tensors.erase(tensors.lower_bound({module, 0}), tensors.lower_bound({module + 1, 0}));
}

// The module's own change first, then the one of the module it is tied to.
const at::Tensor* ChangedWeights::changed(uint32_t module, uint32_t tensor) const {
  const std::pair own{module, tensor};
  for (auto key : {own, changes_->untied.contains(module) ? own : shared_with(graph_, module, tensor)})
    if (auto found = changes_->tensors.find(key); found != changes_->tensors.end()) return &found->second;
  return nullptr;
}

at::Tensor ChangedWeights::tensor(uint32_t module, uint32_t tensor) const {
  const at::Tensor* own = changed(module, tensor);
  return own != nullptr ? *own : base_.tensor(module, tensor);
}

at::Tensor ChangedWeights::rows(uint32_t module, uint32_t tensor, const at::Tensor& rows) const {
  const at::Tensor* own = changed(module, tensor);
  return own != nullptr ? own->index_select(0, rows.to(own->device())) : base_.rows(module, tensor, rows);
}

}  // namespace lcr
