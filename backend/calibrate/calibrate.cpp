#include "backend/calibrate/calibrate.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "backend/calibrate/learn_rotations.h"
#include "backend/calibrate/model_state.h"
#include "backend/calibrate/open_model.h"
#include "backend/calibrate/survey.h"
#include "backend/calibrate/unit_calibration.h"
#include "backend/calibrate/weigh_experts.h"
#include "compiler/diagnostics/codes/run.h"
#include "planner/plan/original.h"

namespace lcr {
namespace {

class Calibration {
 public:
  Calibration(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint, const CalibrateOptions& options,
              SolvedStore& store, const std::atomic<bool>& stop, Diagnostics& diagnostics)
      : plan_(plan), graph_(graph), checkpoint_(checkpoint), options_(options), store_(store), stop_(stop),
        diagnostics_(diagnostics) {}

  CalibrationEnd run() {
    if (plan_.calibration->data.sources.empty()) return without_data();
    if (plan_.calibration->units.empty() || solves_nothing()) return CalibrationEnd::Done;
    return on_data([&](const Weights& weights, const std::vector<CalibrationTile>& tiles) { return walk(weights, tiles); });
  }

  CalibrationEnd experts(KeptExperts& kept) {
    const auto choices = expert_choices(graph_, plan_.prunings.at(expert_pruning(plan_)).share, diagnostics_);
    if (!choices) return CalibrationEnd::Failed;
    auto found = stored_experts(graph_, *choices, store_, diagnostics_);
    if (found) {
      kept = std::move(*found);
      return CalibrationEnd::Done;
    }
    if (diagnostics_.has_errors()) return CalibrationEnd::Failed;
    return on_data([&](const Weights& weights, const std::vector<CalibrationTile>& tiles) {
      ModelState unchanged(plan_, graph_, weights, tiles);
      auto chosen = weigh_experts(plan_, graph_, unchanged, *choices, options_.tell, store_, stop_, diagnostics_);
      if (!chosen) return stop_ ? CalibrationEnd::Interrupted : CalibrationEnd::Failed;
      kept = std::move(*chosen);
      return CalibrationEnd::Done;
    });
  }

  CalibrationEnd rotations(std::shared_ptr<const LearnedRotations>& learned) {
    auto take = [&](std::optional<LearnedRotations> found) {
      if (!found) return stop_ ? CalibrationEnd::Interrupted : CalibrationEnd::Failed;
      learned = std::make_shared<const LearnedRotations>(std::move(*found));
      return CalibrationEnd::Done;
    };
    if (auto stored = stored_rotations(plan_, graph_, store_, diagnostics_)) return take(std::move(stored));
    if (diagnostics_.has_errors()) return CalibrationEnd::Failed;
    return on_data([&](const Weights& weights, const std::vector<CalibrationTile>& tiles) {
      return take(learn(plan_, graph_, weights, tiles, options_.tell, store_, stop_, diagnostics_));
    });
  }

 private:
  // Removed experts alone leave nothing to be solved.
  bool solves_nothing() const {
    const auto& units = plan_.calibration->units;
    return std::all_of(units.begin(), units.end(), [](const UnitCalibration& unit) { return unit.stages.empty() && unit.smoothing.empty(); });
  }

  // Reads the data and opens the weights.
  CalibrationEnd on_data(const std::function<CalibrationEnd(const Weights&, const std::vector<CalibrationTile>&)>& work) {
    const auto tiles = read_tiles(plan_, graph_, options_, diagnostics_);
    if (!tiles) return CalibrationEnd::Failed;
    auto base = CheckpointWeights::open(checkpoint_, graph_, diagnostics_);
    if (!base) return CalibrationEnd::Failed;
    const Folded weights(plan_, graph_, *base, options_.learned.get());
    const CalibrationEnd end = work(weights.get(), *tiles);
    if (base->problems().has_errors()) {
      diagnostics_.append(base->problems());
      return CalibrationEnd::Failed;
    }
    return end;
  }

  CalibrationEnd without_data() {
    auto base = CheckpointWeights::open(checkpoint_, graph_, diagnostics_);
    if (!base) return CalibrationEnd::Failed;
    const std::vector<CalibrationTile> no_tiles;
    const Folded weights(plan_, graph_, *base, options_.learned.get());
    ModelState model(plan_, graph_, weights.get(), no_tiles);
    const bool good = UnitCalibrator(plan_, graph_, model, nullptr, {}, options_.tell, store_, stop_, diagnostics_).without_data();
    if (stop_) return CalibrationEnd::Interrupted;
    if (base->problems().has_errors()) diagnostics_.append(base->problems());
    return good && !base->problems().has_errors() ? CalibrationEnd::Done : CalibrationEnd::Failed;
  }

  // What is decided for all layers together, on a state of its own that goes before the work begins.
  std::optional<Survey> look(const Weights& base, const std::vector<CalibrationTile>& tiles) {
    if (!surveys(plan_)) return Survey();
    ModelState unchanged(plan_, graph_, base, tiles);
    return survey(plan_, graph_, unchanged, options_.tell, store_, stop_, diagnostics_);
  }

  // A layer's weights, while the device is busy with what comes before. Rotated ones are made, not read.
  void fetch(ModelState& model, const std::vector<uint32_t>& layers, size_t number) const {
    if (number < layers.size() && plan_.rotations.empty()) model.prefetch_layer(instance_of(graph_, layers[number]));
  }

  // The model's own nodes in order: what stands before, between and after the layers, and the layers.
  CalibrationEnd walk(const Weights& base, const std::vector<CalibrationTile>& tiles) {
    const std::optional<Survey> seen = look(base, tiles);
    if (!seen) return stop_ ? CalibrationEnd::Interrupted : CalibrationEnd::Failed;
    ModelState model(plan_, graph_, base, tiles);
    std::unique_ptr<ModelState> original;
    if (runs_original(plan_)) original = std::make_unique<ModelState>(plan_, graph_, base, tiles);
    UnitCalibrator units(plan_, graph_, model, original.get(), *seen, options_.tell, store_, stop_, diagnostics_);
    const std::vector<uint32_t> layers = model.layers();
    fetch(model, layers, 0);
    if (!units.reached() || !units.solve_tables()) return CalibrationEnd::Failed;
    const auto start = std::chrono::steady_clock::now();
    size_t done = 0;
    for (uint32_t node : layers) {
      model.run_before(node);
      if (original) original->run_before(node);
      fetch(model, layers, done + 1);
      const bool good = units.layer(node, node == layers.back());
      if (stop_) return CalibrationEnd::Interrupted;
      if (!good || (options_.given_up != nullptr && *options_.given_up)) return CalibrationEnd::Failed;
      ++done;
      const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
      const double eta = spent.count() / static_cast<double>(done) * static_cast<double>(layers.size() - done);
      const UnitCalibrator::Spent& parts = units.spent();
      options_.tell("layer", fmt::format("layer {} of {} is calibrated, {:.0f} s to go", done, layers.size(), eta),
                    {{"layer", done}, {"layers", layers.size()}, {"seconds", spent.count()}, {"eta", eta},
                     {"seconds_passes", parts.passes}, {"seconds_smoothing", parts.smoothing},
                     {"seconds_solving", parts.solving}, {"seconds_writing", parts.writing}});
    }
    const bool good = units.rest() && units.without_data();
    if (stop_) return CalibrationEnd::Interrupted;
    return good ? CalibrationEnd::Done : CalibrationEnd::Failed;
  }

  const Plan& plan_;
  const ModelGraph& graph_;
  const Checkpoint& checkpoint_;
  const CalibrateOptions& options_;
  SolvedStore& store_;
  const std::atomic<bool>& stop_;
  Diagnostics& diagnostics_;
};

}  // namespace

CalibrationEnd calibrate(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint, const CalibrateOptions& options,
                         SolvedStore& store, const std::atomic<bool>& stop, Diagnostics& diagnostics) {
  return guarded(plan, diagnostics, [&] { return Calibration(plan, graph, checkpoint, options, store, stop, diagnostics).run(); });
}

CalibrationEnd choose_experts(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint, const CalibrateOptions& options,
                              SolvedStore& store, const std::atomic<bool>& stop, KeptExperts& kept, Diagnostics& diagnostics) {
  return guarded(plan, diagnostics, [&] { return Calibration(plan, graph, checkpoint, options, store, stop, diagnostics).experts(kept); });
}

CalibrationEnd learn_rotations(const Plan& plan, const ModelGraph& graph, const Checkpoint& checkpoint, const CalibrateOptions& options,
                               SolvedStore& store, const std::atomic<bool>& stop, std::shared_ptr<const LearnedRotations>& learned,
                               Diagnostics& diagnostics) {
  if (!learns(plan.rotations)) return CalibrationEnd::Done;
  return guarded(plan, diagnostics, [&] { return Calibration(plan, graph, checkpoint, options, store, stop, diagnostics).rotations(learned); });
}

}  // namespace lcr
