#include "backend/calibrate/survey.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstring>

#include "backend/algorithms/prune.h"
#include "backend/forward/weights.h"
#include "compiler/language/parameter.h"
#include "planner/plan/original.h"

namespace lcr {
namespace {

// Its name among the instances of the store.
const std::string file = "survey";

std::string entry_of(const std::string& pruning) { return "share." + pruning; }

class Surveyor {
 public:
  Surveyor(const Plan& plan, const ModelGraph& graph, ModelState& model, const TellEvent& tell, SolvedStore& store,
           const std::atomic<bool>& stop, Diagnostics& diagnostics)
      : plan_(plan), graph_(graph), model_(model), tell_(tell), store_(store), stop_(stop), diagnostics_(diagnostics),
        tasks_(plan, graph) {}

  std::optional<Survey> run() {
    if (store_.holds(file)) return stored();
    for (uint32_t call : model_.layers()) {
      model_.run_before(call);
      if (!layer(call) || stop_) return std::nullopt;
    }
    Survey result;
    SolvedWriter writer;
    for (const auto& [key, layers] : ratios_) share_out(key, layers, result, writer);
    if (!writer.write(store_, file, diagnostics_)) return std::nullopt;
    return result;
  }

 private:
  using Ratios = std::vector<std::pair<uint32_t, double>>;  // by instance

  std::optional<Survey> stored() {
    if (!store_.load(file, diagnostics_)) return std::nullopt;
    Survey result;
    for (const auto& [key, pruning] : plan_.prunings) {
      for (uint32_t instance = 0; instance < graph_.instances.size(); ++instance) {
        const auto bytes = store_.find_tensor(graph_.instances[instance].path, entry_of(key));
        if (bytes) std::memcpy(&result.shares[{key, instance}], bytes->data(), sizeof(double));
      }
    }
    return result;
  }

  bool layer(uint32_t call) {
    const UnitPlace place = tasks_.place_of(instance_of(graph_, call));
    const Liveness& live = model_.liveness_of(call);
    LayerRun run(graph_, model_.runner(), place.instance, live, model_.enter(call), pass_options(plan_, model_));
    std::vector<SolveTask> profiled;
    for (const CalibrationStage& stage : place.unit->stages)
      for (SolveTask& task : tasks_.of(place, stage, &run.inputs()))
        if (!task.job->prune.empty() && has_profile(plan_.prunings.at(task.job->prune).algorithm)) profiled.push_back(std::move(task));
    StatisticsByInput statistics;
    for (const SolveTask& task : profiled)
      if (task.input) statistics[*task.input];
    if (!run.gather(model_.tiles(), statistics, run.inputs().places(graph_, modules_of(profiled)), {}, stop_)) return false;
    for (auto& [key, one] : statistics) one.finish();
    measure(place, profiled, statistics);
    if (!run.finish(model_.tiles(), stop_)) return false;
    model_.leave(call);
    model_.forget_layer(place.instance);
    return true;
  }

  // Norms of inputs are root mean squares: a ratio within the layer, where the number of tokens does not matter.
  void measure(const UnitPlace& place, const std::vector<SolveTask>& tasks, const StatisticsByInput& statistics) {
    std::map<std::string, std::pair<std::vector<at::Tensor>, std::vector<at::Tensor>>> by_pruning;
    for (const SolveTask& task : tasks) {
      auto& [weights, norms] = by_pruning[task.job->prune];
      weights.push_back(model_.computed(task.module, weight_index(graph_, task.module)));
      const at::Tensor squares = task.input ? statistics.at(*task.input).importance : at::Tensor();
      norms.push_back(squares.defined() ? squares.sqrt() : at::zeros({weights.back().size(1)}, weights.back().options().dtype(at::kFloat)));
    }
    for (const auto& [key, of] : by_pruning) {
      const double outlier = parameter<double>(plan_.prunings.at(key).algorithm, "profile.outlier");
      ratios_[key].emplace_back(place.instance, outlier_ratio(of.first, of.second, outlier));
    }
  }

  void share_out(const std::string& key, const Ratios& layers, Survey& result, SolvedWriter& writer) {
    const Pruning& pruning = plan_.prunings.at(key);
    std::vector<double> ratios;
    for (const auto& [instance, ratio] : layers) ratios.push_back(ratio);
    const std::vector<double> shares =
        owl_shares(ratios, pruning.share, parameter<double>(pruning.algorithm, "profile.spread"));
    for (size_t i = 0; i < layers.size(); ++i) {
      const std::string& path = graph_.instances[layers[i].first].path;
      result.shares[{key, layers[i].first}] = shares[i];
      std::vector<std::byte> bytes(sizeof(double));
      std::memcpy(bytes.data(), &shares[i], sizeof(double));
      writer.add_tensor(path, entry_of(key), std::move(bytes));
      tell_("share", fmt::format("{}: {:.2f} % is pruned, {:.3f} % are outliers", path, 100 * shares[i], ratios[i]),
            {{"instance", path}, {"pruning", key}, {"share", shares[i]}, {"outliers", ratios[i] / 100}});
    }
  }

  const Plan& plan_;
  const ModelGraph& graph_;
  ModelState& model_;
  const TellEvent& tell_;
  SolvedStore& store_;
  const std::atomic<bool>& stop_;
  Diagnostics& diagnostics_;
  UnitTasks tasks_;
  std::map<std::string, Ratios> ratios_;  // by the pruning's key, in percent
};

}  // namespace

std::optional<Survey> survey(const Plan& plan, const ModelGraph& graph, ModelState& model, const TellEvent& tell, SolvedStore& store,
                             const std::atomic<bool>& stop, Diagnostics& diagnostics) {
  return Surveyor(plan, graph, model, tell, store, stop, diagnostics).run();
}

}  // namespace lcr
