#include "backend/calibrate/unit_store.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>

#include "backend/calibrate/module_weight.h"
#include "backend/calibrate/stored_parts.h"
#include "planner/plan/layout.h"

namespace lcr {

void UnitStore::keep(const SolvedWeight& solved, SolvedWriter& writer) {
  const Module& module = graph_.modules[solved.module];
  model_.set_weight(solved.module, weight_index(graph_, solved.module), solved.decoded);
  std::string path(module.path);
  nlohmann::json fields = {{"module", path}, {"precision", solved.job->precision}, {"stack", solved.job->stack},
                           {"rel_fro", solved.weight_error}};
  if (solved.output_error > 0) fields["rel_output"] = solved.output_error;
  if (solved.weight_error > 0) fields["sqnr_db"] = -20 * std::log10(solved.weight_error);
  tell_("metric", fmt::format("{}: relative error {:.4f} of the weight, {:.4f} of the outputs", path, solved.weight_error, solved.output_error),
        std::move(fields));
  if (solved.stored) return add_parts(writer, module, *solved.stored);
  at::Tensor dense = solved.decoded.to(at::kCPU, at::kFloat).contiguous();
  writer.add_tensor(module.path, "weight", {dense.data_ptr<float>(), static_cast<size_t>(dense.numel())});
}

void UnitStore::keep_rewritten(const std::vector<uint32_t>& modules, SolvedWriter& writer) {
  for (uint32_t m : modules) {
    const Module& module = graph_.modules[m];
    const auto& tensors = graph_.declaration(module).tensors;
    for (uint32_t t = 0; t < tensors.size(); ++t) {
      if (view_of(graph_, m, t) == nullptr) continue;
      if (tensors[t].name == "weight" && tasks_.solves(m)) continue;
      at::Tensor value = model_.weights().tensor(m, t).to(at::kCPU, at::kFloat).contiguous();
      writer.add_tensor(module.path, tensors[t].name, {value.data_ptr<float>(), static_cast<size_t>(value.numel())});
    }
  }
}

void UnitStore::take_rewritten(uint32_t instance) {
  for (uint32_t m = 0; m < graph_.modules.size(); ++m) {
    const Module& module = graph_.modules[m];
    if (module.instance != instance || module.kind == ModuleKind::Opaque) continue;
    const auto& tensors = graph_.declaration(module).tensors;
    for (uint32_t t = 0; t < tensors.size(); ++t) {
      const auto bytes = store_.find_tensor(module.path, tensors[t].name);
      if (!bytes) continue;
      at::Tensor value = at::empty(tensors[t].shape, at::kFloat);
      std::memcpy(value.data_ptr(), bytes->data(), bytes->size());
      model_.weights().set(m, t, value.to(at::Device(model_.device())));
      model_.settle(m);
    }
  }
}

bool UnitStore::take(const UnitPlace& place) {
  if (!load(place)) return false;
  take_rewritten(place.instance);
  for (const CalibrationStage& stage : place.unit->stages) {
    for (const SolveTask& task : tasks_.of(place, stage, nullptr)) {
      const Module& module = graph_.modules[task.module];
      // Pruned ones that stay dense were taken as tensors.
      if (task.job->precision.empty()) continue;
      at::Tensor decoded = decode_parts(store_, module, plan_.precisions.at(task.job->precision), weight_scale_dtype(plan_, graph_, task.module));
      model_.set_weight(task.module, weight_index(graph_, task.module), decoded.to(at::Device(model_.device())));
    }
  }
  return true;
}

bool UnitStore::write(SolvedWriter& writer, const UnitPlace& place) {
  return writer.write(store_, place.path, diagnostics_) && load(place);
}

}  // namespace lcr
