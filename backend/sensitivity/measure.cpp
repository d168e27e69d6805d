#include "backend/sensitivity/measure.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "backend/algorithms/quadratic.h"
#include "backend/calibrate/open_model.h"
#include "backend/evaluate/score.h"
#include "backend/forward/dtypes.h"
#include "backend/forward/execution.h"
#include "backend/forward/fake_quantize.h"
#include "backend/sensitivity/trials.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

class Measurement {
 public:
  Measurement(const MeasureRequest& request, const ModelGraph& graph, const Checkpoint& checkpoint,
              const CalibrateOptions& options, const TellScore& tell, const std::atomic<bool>& stop, Diagnostics& diagnostics)
      : request_(request), graph_(graph), checkpoint_(checkpoint), options_(options), tell_(tell), stop_(stop),
        diagnostics_(diagnostics), plan_(largest(request.plans)), group_of_(groups_of(request, graph)),
        sums_(graph, group_of_, request.groups.size(), request.plans.size()) {
    for (const Plan& plan : request.plans) trials_.push_back(std::make_unique<Trial>(plan, graph, group_of_));
  }

  CalibrationEnd run() {
    std::vector<CalibrationTile> tiles;
    if (request_.measure != "error") {
      LCR_CHECK(plan_.calibration.has_value(), "a measurement on data without a calibration");
      auto read = read_tiles(plan_, graph_, options_, diagnostics_);
      if (!read) return CalibrationEnd::Failed;
      tiles = std::move(*read);
    }
    auto base = CheckpointWeights::open(checkpoint_, graph_, diagnostics_);
    if (!base) return CalibrationEnd::Failed;
    // Matrices that are still to be learned are left out.
    const Folded weights(plan_, graph_, *base, nullptr);
    bool good = request_.measure == "error"   ? by_error(weights.get())
                : request_.measure == "kl" ? by_divergence(weights.get(), tiles)
                                           : by_moments(weights.get(), tiles);
    if (stop_) return CalibrationEnd::Interrupted;
    if (base->problems().has_errors()) {
      diagnostics_.append(base->problems());
      good = false;
    }
    return good ? CalibrationEnd::Done : CalibrationEnd::Failed;
  }

 private:
  // The plan that was priced with most to hold says where values wait.
  static const Plan& largest(const std::vector<Plan>& plans) {
    return *std::max_element(plans.begin(), plans.end(), [](const Plan& a, const Plan& b) {
      return a.predicted.host_peak + a.predicted.device_peak < b.predicted.host_peak + b.predicted.device_peak;
    });
  }
  static std::vector<int32_t> groups_of(const MeasureRequest& request, const ModelGraph& graph) {
    std::unordered_map<std::string_view, uint32_t> modules;
    for (uint32_t m = 0; m < graph.modules.size(); ++m) modules.emplace(graph.modules[m].path, m);
    std::vector<int32_t> groups(graph.modules.size(), -1);
    for (size_t g = 0; g < request.groups.size(); ++g)
      for (const std::string& path : request.groups[g]) groups[modules.at(path)] = static_cast<int32_t>(g);
    return groups;
  }

  const Precision& precision_of(size_t candidate, const Job& job) const {
    return request_.plans[candidate].precisions.at(job.precision);
  }

  void tell_part(const std::string& what, size_t done, size_t all) const {
    options_.tell("measured", fmt::format("{} {} of {} is measured", what, done, all), {{"done", done}, {"all", all}});
  }
  void tell_sums() const {
    for (size_t g = 0; g < request_.groups.size(); ++g)
      for (size_t c = 0; c < request_.plans.size(); ++c)
        if (sums_.of(g, c) >= 0) tell_(g, c, sums_.of(g, c));
  }

  // Rounds what stands in one instance, without data.
  bool round(uint32_t instance, const WeightCache& weights) {
    StatisticsByInput none;
    for (size_t c = 0; c < trials_.size() && !stop_; ++c) {
      const auto done = [&](const SolvedWeight& one) {
        sums_.add(one.module, c, precision_of(c, *one.job), one.weight_error * one.weight_error);
      };
      if (!trials_[c]->solve(trials_[c]->of_instance(instance), weights, none, done, diagnostics_)) return false;
    }
    return !stop_;
  }

  bool by_error(const Weights& weights) {
    WeightCache cache(weights, plan_.device == "cpu" ? at::kFloat : scalar_type(graph_.dtype), plan_.device, 0);
    for (uint32_t i = 0; i < graph_.instances.size(); ++i) {
      if (!round(i, cache)) return false;
      cache.end_stage();
      tell_part("part", i + 1, graph_.instances.size());
    }
    tell_sums();
    return true;
  }

  // One walk through the unchanged model; each layer is solved for every candidate while its moments are there.
  bool by_moments(const Weights& weights, const std::vector<CalibrationTile>& tiles) {
    ModelState model(plan_, graph_, weights, tiles);
    std::vector<bool> seen(graph_.instances.size(), false);
    const std::vector<uint32_t> layers = model.layers();
    for (size_t l = 0; l < layers.size(); ++l) {
      model.run_before(layers[l]);
      const uint32_t instance = instance_of(graph_, layers[l]);
      // Before the layer takes its arguments.
      const Liveness& live = model.liveness_of(layers[l]);
      LayerRun run(graph_, model.runner(), instance, live, model.enter(layers[l]), pass_options(plan_, model));
      if (!measure_run(run, instance, model) || !run.finish(model.tiles(), stop_)) return false;
      model.leave(layers[l]);
      model.forget_layer(instance);
      seen[instance] = true;
      tell_part("layer", l + 1, layers.size());
    }
    // What follows the layers, and tables; then what texts do not reach.
    if (!measure_outside(model)) return false;
    seen[0] = true;
    for (uint32_t i = 0; i < seen.size(); ++i)
      if (!seen[i] && !round(i, model.cache())) return false;
    tell_sums();
    return true;
  }

  bool measure_outside(ModelState& model) {
    std::vector<bool> available(graph_.templates[0].values.size());
    for (size_t value = 0; value < available.size(); ++value) available[value] = model.tiles().front().model[value].tensor.defined();
    for (TileState& state : model.tiles()) state.layer = std::move(state.model);
    LayerRun run(graph_, model.runner(), 0, model.liveness(), available, pass_options(plan_, model));
    return measure_run(run, 0, model);
  }

  // What readers rotate is near white, and its error that of the weight alone.
  std::optional<InputKey> input_of(const Trial& trial, const SolveTask& task, const LayerRun& run) const {
    if (graph_.modules[task.module].kind != ModuleKind::Linear) return std::nullopt;
    const auto key = trial.tasks().input_of(task.module, run.inputs());
    return key && key->rotation == 0 ? key : std::nullopt;
  }

  bool measure_run(LayerRun& run, uint32_t instance, ModelState& model) {
    std::vector<std::vector<SolveTask>> tasks;
    StatisticsByInput statistics;
    std::vector<uint32_t> modules;
    for (const auto& trial : trials_) {
      tasks.push_back(trial->of_instance(instance));
      for (SolveTask& task : tasks.back()) {
        task.input = input_of(*trial, task, run);
        if (!task.input) continue;
        statistics[*task.input].wants_moment = true;
        modules.push_back(task.module);
      }
    }
    if (!modules.empty() && !run.gather(model.tiles(), statistics, run.inputs().places(graph_, modules), {}, stop_)) return false;
    for (auto& [key, one] : statistics) one.finish();
    for (size_t c = 0; c < trials_.size() && !stop_; ++c)
      if (!solve(c, tasks[c], statistics, model)) return false;
    return !stop_;
  }

  bool solve(size_t candidate, std::vector<SolveTask>& tasks, StatisticsByInput& statistics, ModelState& model) {
    const Trial& trial = *trials_[candidate];
    std::unordered_map<uint32_t, const SolveTask*> by_module;
    for (SolveTask& task : tasks) {
      // An expert that saw no token is rounded as it is.
      if (task.input && !statistics.at(*task.input).second.defined()) task.input.reset();
      by_module[task.module] = &task;
    }
    const auto done = [&](const SolvedWeight& one) {
      const SolveTask& task = *by_module.at(one.module);
      const double squared = task.input ? output_error(trial, task, one, statistics.at(*task.input).second, model)
                                        : one.weight_error * one.weight_error;
      sums_.add(one.module, candidate, precision_of(candidate, *one.job), squared);
    };
    return trial.solve(tasks, model.cache(), statistics, done, diagnostics_);
  }

  // tr(E H E^T) / tr(W H W^T)
  double output_error(const Trial& trial, const SolveTask& task, const SolvedWeight& solved, const at::Tensor& moment,
                      const ModelState& model) const {
    const at::Tensor weight =
        trial.tasks().online().rotated_weight(task.module, model.cache().exact(task.module, weight_index(graph_, task.module)).to(at::kFloat));
    const auto energy = [&](const at::Tensor& x) { return quadratic(x.contiguous(), moment).item<double>(); };
    const double whole = energy(weight);
    return whole > 0 ? std::max(0.0, energy(weight - solved.decoded)) / whole : 0;
  }

  // Tile by tile, so that no more than the logits of one are held beside the original's.
  bool by_divergence(const Weights& weights, const std::vector<CalibrationTile>& tiles) {
    const size_t groups = request_.groups.size(), candidates = trials_.size();
    std::vector<std::vector<Score>> scores(groups, std::vector<Score>(candidates));
    ForwardOptions options;
    options.device = plan_.device;
    options.resident_bytes = 0;
    WeightCache cache(weights, plan_.device == "cpu" ? at::kFloat : scalar_type(graph_.dtype), plan_.device, 0);
    size_t done = 0;
    for (const CalibrationTile& tile : tiles) {
      const at::Tensor original = logits(weights, tile, options);
      for (size_t g = 0; g < groups; ++g) {
        for (size_t c = 0; c < candidates; ++c) {
          if (stop_) return false;
          if (!diverge(static_cast<uint32_t>(g), c, weights, cache, tile, original, options, scores[g][c])) return false;
        }
        tell_part("group", ++done, groups * tiles.size());
      }
    }
    for (size_t g = 0; g < groups; ++g)
      for (size_t c = 0; c < candidates; ++c)
        if (scores[g][c].tokens > 0) tell_(g, c, std::max(0.0, scores[g][c].kl / static_cast<double>(scores[g][c].tokens)));
    return true;
  }

  at::Tensor logits(const Weights& weights, const CalibrationTile& tile, const ForwardOptions& options) const {
    Forward forward(graph_, weights, options);
    forward.start({tile.pack});
    return forward.finish(0);
  }

  bool diverge(uint32_t group, size_t candidate, const Weights& weights, WeightCache& cache, const CalibrationTile& tile,
               const at::Tensor& original, ForwardOptions options, Score& score) {
    const Trial& trial = *trials_[candidate];
    const std::vector<SolveTask> tasks = trial.of_group(group);
    if (tasks.empty()) return true;
    ChangedWeights changed(weights, graph_);
    ActivationFormats formats;
    StatisticsByInput none;
    const auto done = [&](const SolvedWeight& one) {
      changed.set(one.module, weight_index(graph_, one.module), trial.tasks().online().restored_weight(one.module, one.decoded));
      const Precision& precision = precision_of(candidate, *one.job);
      if (!precision.input) return;
      ModuleActivations& rounded = formats.modules[one.module];
      rounded.input = precision.input;
      rounded.input->dynamic = true;
      rounded.input->global = false;
    };
    if (!trial.solve(tasks, cache, none, done, diagnostics_)) return false;
    cache.end_stage();
    if (!formats.modules.empty()) options.activations = &formats;
    add_score(score, tile.pack, logits(changed, tile, options), original);
    return true;
  }

  const MeasureRequest& request_;
  const ModelGraph& graph_;
  const Checkpoint& checkpoint_;
  const CalibrateOptions& options_;
  const TellScore& tell_;
  const std::atomic<bool>& stop_;
  Diagnostics& diagnostics_;
  const Plan& plan_;
  std::vector<int32_t> group_of_;
  std::vector<std::unique_ptr<Trial>> trials_;
  CostSums sums_;
};

}  // namespace

CalibrationEnd measure(const MeasureRequest& request, const ModelGraph& graph, const Checkpoint& checkpoint,
                       const CalibrateOptions& options, const TellScore& tell, const std::atomic<bool>& stop,
                       Diagnostics& diagnostics) {
  return guarded(request.plans.front(), diagnostics, [&] {
    return Measurement(request, graph, checkpoint, options, tell, stop, diagnostics).run();
  });
}

}  // namespace lcr
