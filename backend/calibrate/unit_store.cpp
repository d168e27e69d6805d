#include "backend/calibrate/unit_store.h"

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <exception>
#include <thread>

#include "backend/calibrate/module_weight.h"
#include "backend/calibrate/stored_parts.h"
#include "planner/plan/layout.h"

namespace lcr {
namespace {

void add_tensor(SolvedWriter& writer, std::string_view path, std::string_view name, const at::Tensor& value) {
  at::Tensor stored = value.to(at::kCPU, at::kFloat).contiguous();
  writer.add_tensor(path, name, {stored.data_ptr<float>(), static_cast<size_t>(stored.numel())});
}

}  // namespace

// A file on its way, after what the stream holds by now.
struct UnitStore::Writing {
  explicit Writing(const c10::Stream& stream) : made(stream), ready(stream.device_type()) { ready.record(stream); }
  c10::Stream made;
  c10::Event ready;
  Diagnostics found;
  bool good = false;
  std::exception_ptr thrown;
  std::jthread thread;
};

UnitStore::UnitStore(const Plan& plan, const ModelGraph& graph, const UnitTasks& tasks, ModelState& model, SolvedStore& store,
                     const TellEvent& tell, Diagnostics& diagnostics)
    : plan_(plan), graph_(graph), tasks_(tasks), model_(model), store_(store), tell_(tell), diagnostics_(diagnostics) {}
UnitStore::~UnitStore() = default;

void UnitStore::keep(const SolvedWeight& solved, UnitFile& file) {
  const Module& module = graph_.modules[solved.module];
  model_.set_weight(solved.module, weight_index(graph_, solved.module),
                    tasks_.online().restored_weight(solved.module, solved.decoded));
  std::string path(module.path);
  nlohmann::json fields = {{"module", path}, {"precision", solved.job->precision}, {"stack", solved.job->stack},
                           {"rel_fro", solved.weight_error}};
  if (solved.output_error > 0) fields["rel_output"] = solved.output_error;
  if (solved.weight_error > 0) fields["sqnr_db"] = -20 * std::log10(solved.weight_error);
  tell_("metric", fmt::format("{}: relative error {:.4f} of the weight, {:.4f} of the outputs", path, solved.weight_error, solved.output_error),
        std::move(fields));
  if (solved.grid) return file.coded.push_back({solved.module, *solved.grid, solved.codes});
  add_tensor(file.parts, module.path, "weight", solved.decoded);
}

void UnitStore::keep_rewritten(const std::vector<uint32_t>& modules, UnitFile& file) {
  for (uint32_t m : modules) {
    const Module& module = graph_.modules[m];
    const auto& tensors = graph_.declaration(module).tensors;
    for (uint32_t t = 0; t < tensors.size(); ++t) {
      if (view_of(graph_, m, t) == nullptr) continue;
      if (tensors[t].name == "weight" && tasks_.solves(m)) continue;
      if (!tasks_.online().of(m).any()) add_tensor(file.parts, module.path, tensors[t].name, model_.weights().tensor(m, t));
    }
  }
}

void UnitStore::keep_rotated(uint32_t instance, UnitFile& file) {
  const OnlineWeights& online = tasks_.online();
  for (uint32_t m = 0; m < graph_.modules.size(); ++m) {
    const Module& module = graph_.modules[m];
    if (module.instance != instance || !online.of(m).any()) continue;
    const auto& tensors = graph_.declaration(module).tensors;
    for (uint32_t t = 0; t < tensors.size(); ++t) {
      const bool weight = tensors[t].name == "weight";
      if (view_of(graph_, m, t) == nullptr || (weight && tasks_.solves(m))) continue;
      const at::Tensor value = model_.weights().tensor(m, t).to(at::kFloat);
      add_tensor(file.parts, module.path, tensors[t].name, weight ? online.rotated_weight(m, value) : online.rotated_bias(m, value));
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
      const OnlineWeights& online = tasks_.online();
      value = tensors[t].name == "weight" ? online.restored_weight(m, value) : online.restored_bias(m, value);
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
      model_.set_weight(task.module, weight_index(graph_, task.module),
                        tasks_.online().restored_weight(task.module, decoded.to(at::Device(model_.device()))));
    }
  }
  return true;
}

// Encoded weights, in their order. From a device by several threads, which wait for it and for memory in turns.
std::vector<PackedWeight> UnitStore::packed(const std::vector<UnitFile::Coded>& coded) const {
  std::vector<PackedWeight> weights(coded.size());
  const at::Device device(model_.device());
  const size_t threads = device.is_cpu() ? 1 : std::min<size_t>(4, coded.size());
  std::atomic<size_t> next{0};
  std::vector<std::exception_ptr> thrown(threads);
  auto work = [&](std::exception_ptr& failure) {
    const c10::InferenceMode inference;
    try {
      for (size_t i = next++; i < coded.size(); i = next++) weights[i] = lcr::store(coded[i].grid, coded[i].codes);
    } catch (...) {
      failure = std::current_exception();
    }
  };
  if (threads <= 1) {
    for (std::exception_ptr& failure : thrown) work(failure);
  } else {
    const c10::impl::VirtualGuardImpl impl(device.type());
    const c10::Stream current = impl.getStream(impl.getDevice());
    std::vector<std::jthread> all;
    for (std::exception_ptr& failure : thrown)
      all.emplace_back([&work, &failure, current] {
        const c10::StreamGuard guard(current);
        work(failure);
      });
  }
  for (const std::exception_ptr& failure : thrown)
    if (failure) std::rethrow_exception(failure);
  return weights;
}

bool UnitStore::write_now(UnitFile& file, const UnitPlace& place, Diagnostics& diagnostics) const {
  std::vector<PackedWeight> weights = packed(file.coded);
  for (size_t i = 0; i < weights.size(); ++i) add_parts(file.parts, graph_.modules[file.coded[i].module], std::move(weights[i]));
  file.coded.clear();
  return file.parts.write(store_, place.path, diagnostics) && store_.load(place.path, diagnostics);
}

bool UnitStore::write(UnitFile file, const UnitPlace& place) {
  const at::Device device(model_.device());
  if (device.is_cpu()) return write_now(file, place, diagnostics_);
  if (!settle()) return false;
  const c10::impl::VirtualGuardImpl impl(device.type());
  writing_ = std::make_unique<Writing>(impl.getStream(impl.getDevice()));
  writing_->thread = std::jthread([this, place, now = writing_.get(), file = std::move(file)]() mutable {
    const c10::InferenceMode inference;
    try {
      const c10::Stream own = c10::impl::VirtualGuardImpl(now->made.device_type()).getStreamFromGlobalPool(now->made.device());
      const c10::StreamGuard guard(own);
      now->ready.block(own);
      now->good = write_now(file, place, now->found);
    } catch (...) {
      now->thrown = std::current_exception();
    }
  });
  return true;
}

bool UnitStore::settle() {
  if (!writing_) return true;
  writing_->thread.join();
  const std::unique_ptr<Writing> done = std::move(writing_);
  if (done->thrown) std::rethrow_exception(done->thrown);
  diagnostics_.append(std::move(done->found));
  return done->good;
}

}  // namespace lcr
