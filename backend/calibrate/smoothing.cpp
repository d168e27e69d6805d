#include "backend/calibrate/smoothing.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "backend/algorithms/awq.h"
#include "backend/algorithms/smooth.h"
#include "backend/calibrate/block_loss.h"
#include "backend/calibrate/module_weight.h"
#include "backend/calibrate/task_grids.h"
#include "backend/forward/rewrite.h"
#include "compiler/language/parameter.h"

namespace lcr {
namespace {

// Losses are compared, not reported: eleven bits of the factors are enough, at eight times the speed on a device.
class FastProducts {
 public:
  FastProducts() : before_(at::globalContext().float32MatmulPrecision()) { at::globalContext().setFloat32MatmulPrecision("high"); }
  ~FastProducts() {
    const char* name = before_ == at::Float32MatmulPrecision::HIGHEST ? "highest" : before_ == at::Float32MatmulPrecision::HIGH ? "high" : "medium";
    at::globalContext().setFloat32MatmulPrecision(name);
  }

 private:
  at::Float32MatmulPrecision before_;
};

at::Tensor entries_of(const Side& side) {
  at::Tensor entries = at::empty({static_cast<int64_t>(side.entries.size())}, at::kLong);
  std::copy(side.entries.begin(), side.entries.end(), entries.data_ptr<int64_t>());
  return entries;
}

ActivationMeasure measure_of(const Algorithm& algorithm) {
  const std::string& measure = parameter<std::string>(algorithm, "measure");
  return measure == "absmax" ? ActivationMeasure::AbsoluteMax : measure == "log" ? ActivationMeasure::Log : ActivationMeasure::Range;
}

Duo duo_of(const Algorithm& algorithm) {
  const std::string& duo = parameter<std::string>(algorithm, "duo");
  return duo == "off" ? Duo::Off : duo == "both" ? Duo::Both : Duo::On;
}

bool by_block(const SmoothTask& task) {
  return task.algorithm->name == "awq" && parameter<std::string>(*task.algorithm, "loss") == "block" && task.readers.size() > 1;
}

}  // namespace

at::Tensor Smoother::weight(uint32_t module) const {
  return model_.cache().exact(module, weight_index(graph_, module));
}

// What was changed lies on the device; what was not is the same in the cache.
at::Tensor Smoother::current(uint32_t module, uint32_t tensor) const {
  at::Tensor value = model_.weights().tensor(module, tensor);
  return value.is_cpu() && !at::Device(model_.device()).is_cpu() ? model_.cache().exact(module, tensor) : value;
}

bool Smoother::smooth(const std::vector<SmoothTask>& tasks, LayerRun& run, const std::atomic<bool>& stop) {
  applied_.clear();
  if (tasks.empty()) return true;
  StatisticsByInput statistics;
  std::vector<uint32_t> readers;
  for (const SmoothTask& task : tasks) {
    for (const SmoothTask::Reader& reader : task.readers) {
      const Module& module = graph_.modules[reader.module];
      if (!run.inputs().knows(module.owner, module.local)) continue;
      InputStatistics& one = statistics[run.inputs().key(module.owner, module.local, module.expert)];
      one.wants_channels = true;
      one.wants_moment = one.wants_moment || (task.algorithm->name == "awq" && !by_block(task));
      readers.push_back(reader.module);
    }
  }
  {
    // This run still stands at the inputs afterwards, for block losses.
    LookAhead ahead(run, model_.tiles(), /*once=*/true);
    if (!ahead.run.gather(model_.tiles(), statistics, run.inputs().places(graph_, readers), {}, stop)) return false;
  }
  for (auto& [key, one] : statistics) one.finish();
  for (const SmoothTask& task : tasks) {
    at::Tensor scale = choose(task, run.inputs(), statistics, run, stop);
    if (stop) return false;
    if (scale.defined()) apply(task, scale);
  }
  return true;
}

at::Tensor Smoother::choose(const SmoothTask& task, const LayerInputs& inputs, StatisticsByInput& statistics, LayerRun& run,
                            const std::atomic<bool>& stop) {
  return task.algorithm->name == "awq" ? awq_scale(task, inputs, statistics, run, stop) : smoothquant_of(task, inputs, statistics);
}

// Magnitudes of all readers' inputs, weights of the targets.
at::Tensor Smoother::smoothquant_of(const SmoothTask& task, const LayerInputs& inputs, StatisticsByInput& statistics) {
  at::Tensor activation, magnitude;
  for (const SmoothTask::Reader& reader : task.readers) {
    const Module& module = graph_.modules[reader.module];
    if (!inputs.knows(module.owner, module.local)) continue;
    const InputStatistics& seen = statistics.at(inputs.key(module.owner, module.local, module.expert));
    if (!seen.lowest.defined() || !seen.finite) continue;
    const at::Tensor entries = entries_of(*reader.side);
    at::Tensor range = max_by_entry(activation_magnitude(seen.lowest, seen.highest, measure_of(*task.algorithm)), entries, task.set->width);
    activation = activation.defined() ? at::maximum(activation, range) : range;
    if (!reader.target) continue;
    at::Tensor largest = max_by_entry(column_absmax({weight(reader.module)}), entries, task.set->width);
    magnitude = magnitude.defined() ? at::maximum(magnitude, largest) : largest;
  }
  if (!activation.defined() || !magnitude.defined()) return {};
  return smoothquant_scale(activation, magnitude, parameter<double>(*task.algorithm, "strength"));
}

at::Tensor Smoother::awq_scale(const SmoothTask& task, const LayerInputs& inputs, StatisticsByInput& statistics, LayerRun& run,
                               const std::atomic<bool>& stop) {
  std::vector<AwqReader> readers;
  std::vector<uint32_t> modules;
  at::Tensor mean;
  int64_t number = 0;
  std::map<std::pair<const Job*, int32_t>, int64_t> fused;
  for (const SmoothTask::Reader& reader : task.readers) {
    const Module& module = graph_.modules[reader.module];
    if (!inputs.knows(module.owner, module.local)) continue;
    const InputStatistics& seen = statistics.at(inputs.key(module.owner, module.local, module.expert));
    // What no token reached, or is not finite, decides nothing.
    if (!seen.absolute_sum.defined() || !seen.finite) continue;
    AwqReader one;
    one.entries = entries_of(*reader.side);
    if (!mean.defined())
      mean = mean_by_entry((seen.absolute_sum / static_cast<double>(seen.tokens)).to(at::kFloat), one.entries, task.set->width);
    if (reader.job == nullptr) continue;
    const Algorithm& solver = plan_.stacks.at(reader.job->stack).solver;
    one.weight = weight(reader.module);
    one.second = seen.second;
    one.options = {plan_.precisions.at(reader.job->precision),
                   weight_scale_dtype(plan_, graph_, reader.module),
                   range_of(solver), {}};
    if (needs_importance(one.options.observer)) one.options.observer = Observer{};
    if (one.options.precision.weights->global)
      one.fused = fused.try_emplace({reader.job, module.expert}, number++).first->second;
    if (online_.of(reader.module).any()) {
      one.rotate = [this, module = reader.module](const at::Tensor& w) { return online_.rotated_weight(module, w); };
      one.restore = [this, module = reader.module](const at::Tensor& w) { return online_.restored_weight(module, w); };
    }
    readers.push_back(std::move(one));
    modules.push_back(reader.module);
  }
  if (readers.empty()) return {};
  const std::vector<at::Tensor> candidates = awq_candidates(mean.cpu(), awq_weight_mean(readers, task.set->width).cpu(), duo_of(*task.algorithm),
                                                            parameter<int64_t>(*task.algorithm, "grid"));
  const Template& layer = graph_.templates[graph_.instances[task.instance].id];
  const Module& first = graph_.modules[modules.front()];
  std::vector<uint32_t> locals;
  for (uint32_t module : modules)
    if (graph_.modules[module].owner == graph_.instances[task.instance].id) locals.push_back(graph_.modules[module].local);
  const ValueId output = by_block(task) ? block_output(layer, locals, inputs.dispatch_of(first.owner)) : none_id;
  AwqChoice choice;
  if (output == none_id) {
    // A lone reader's block is itself.
    const FastProducts fast;
    choice = choose_awq_linear(readers, candidates);
  } else {
    auto trial = [&](size_t i) { return awq_rounded(readers, candidates[i]); };
    choice = choose_awq(losses_before(modules, task.set->width, candidates.size(), trial, output, run, stop));
  }
  return choice.candidate == AwqChoice::none ? at::Tensor() : candidates[choice.candidate];
}

// Over the tiles as they are before the linears; afterwards they are as they were.
std::vector<double> Smoother::losses_before(const std::vector<uint32_t>& modules, int64_t width, size_t trials, const MakeTrial& make,
                                            ValueId output, LayerRun& run, const std::atomic<bool>& stop) {
  LookAhead before(run, model_.tiles());
  StatisticsByInput nothing;
  std::vector<double> losses(trials, 0);
  // With room for it the inputs are held, so that no trial makes them again.
  const bool hold = plan_.calibration->stream == "device" && plan_.calibration->kept_width >= 2 * width;
  const std::vector<LookedAt> inputs = run.inputs().places(graph_, modules);
  if (hold ? before.run.hold(model_.tiles(), inputs, stop) : before.run.gather(model_.tiles(), nothing, inputs, {}, stop))
    losses = block_losses(before.run, model_, modules, trials, make, output, stop);
  return losses;
}

void Smoother::apply(const SmoothTask& task, const at::Tensor& scale) {
  applied_.push_back({task.set, task.instance, task.expert, scale.to(at::kCPU, at::kDouble)});
  rewriter_.scale(*task.set, task.instance, task.expert, applied_.back().scale);
  for (uint32_t module : rewriter_.take_changed()) {
    model_.settle(module);
    changed_.push_back(module);
  }
}

at::Tensor Smoother::column_scale(uint32_t module) const {
  const Module& m = graph_.modules[module];
  at::Tensor product;
  for (const Applied& applied : applied_) {
    if (applied.instance != m.instance) continue;
    for (const Side& side : applied.set->readers) {
      const bool other = side.owner == applied.set->owner && m.expert != applied.expert && !side.experts;
      if (side.owner != m.owner || side.module != m.local || side.action != Side::Action::ReadColumns || other) continue;
      at::Tensor factors = applied.scale.index_select(0, entries_of(side));
      product = product.defined() ? product * factors : factors;
    }
  }
  return product;
}

std::vector<uint32_t> Smoother::take_changed() {
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  return std::exchange(changed_, {});
}

}  // namespace lcr
