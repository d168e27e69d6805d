#include "backend/calibrate/unit_calibration.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "backend/calibrate/expert_counts.h"
#include "backend/forward/weights.h"
#include "compiler/diagnostics/codes/run.h"

namespace lcr {
namespace {

// Adds the time of a scope.
class Clock {
 public:
  explicit Clock(double& total) : total_(total) {}
  ~Clock() { total_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  double& total_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

template <class Item>
void append(std::vector<Item>& list, const std::vector<Item>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

}  // namespace

UnitCalibrator::UnitCalibrator(const Plan& plan, const ModelGraph& graph, ModelState& model, ModelState* original,
                               const Survey& survey, const TellEvent& tell, SolvedStore& store, const std::atomic<bool>& stop, Diagnostics& diagnostics)
    : plan_(plan), graph_(graph), model_(model), original_(original), survey_(survey), tell_(tell), stop_(stop), diagnostics_(diagnostics), tasks_(plan, graph),
      store_(plan, graph, tasks_, model, store, tell, diagnostics), smooth_tasks_(plan, graph, tasks_.modules()),
      smoother_(plan, graph, tasks_.online(), model) {}

// Towers that images feed are not run: their layers, and their nodes of the model's own template.
bool UnitCalibrator::runs_instance(uint32_t instance) const {
  return instance == 0 || model_.liveness().nodes[graph_.instances[instance].node];
}

bool UnitCalibrator::runs(uint32_t module) const {
  const Module& m = graph_.modules[module];
  const Template& model = graph_.templates[0];
  if (m.instance != 0) return runs_instance(m.instance);
  for (uint32_t n = 0; n < model.nodes.size(); ++n)
    if (model.nodes[n].module == m.local && m.owner == 0) return model_.liveness().nodes[n];
  return true;
}

bool UnitCalibrator::reached() {
  for (uint32_t instance = 0; instance < graph_.instances.size(); ++instance) {
    const UnitPlace place = tasks_.place_of(instance);
    for (const CalibrationStage& stage : place.unit->stages) {
      const std::vector<SolveTask> tasks = tasks_.of(place, stage, nullptr);
      for (const SolveTask& task : tasks)
        if (!runs(task.module) && looks_at_data(plan_, *task.job)) return refuse_unreached(std::string(graph_.modules[task.module].path));
      for (const RangeTask& range : ranges_of(plan_, graph_, tasks, plan_.units[place.unit->unit], stage, place.path, tasks_.online())) {
        const bool run = range.side == RangeTask::Side::Point ? runs_instance(instance) : runs(range.index);
        if (!run && range.observer->name != "fixed") return refuse_unreached(range.path);
      }
    }
  }
  return true;
}

bool UnitCalibrator::refuse_unreached(const std::string& path) {
  diagnostics_.report(codes::L6055, fmt::format("`{}` looks at calibration data, and texts do not reach it", path))
      .help(fmt::format("keep `{}`, or quantize it `with rtn` and inputs that are scaled at run time", path))
      .with("module", path);
  return false;
}

bool UnitCalibrator::solve_tables() {
  const UnitPlace place = tasks_.place_of(0);
  UnitFile unused;
  for (const CalibrationStage& stage : place.unit->stages) {
    std::vector<SolveTask> tasks = tasks_.of(place, stage, nullptr);
    std::erase_if(tasks, [&](const SolveTask& task) { return graph_.modules[task.module].kind != ModuleKind::Embedding; });
    StatisticsByInput none;
    // Written with the rest of the unit, which comes last.
    if (!solve_into(tasks, none, unused)) return false;
  }
  return true;
}

std::unique_ptr<LayerRun> UnitCalibrator::run_of(ModelState& model, const UnitPlace& place, uint32_t call) const {
  const Liveness& live = model.liveness_of(call);
  return std::make_unique<LayerRun>(graph_, model.runner(), place.instance, live, model.enter(call), pass_options(plan_, model_));
}

bool UnitCalibrator::rest_reads() const {
  const UnitPlace place = tasks_.place_of(0);
  for (const CalibrationStage& stage : place.unit->stages)
    for (const SolveTask& task : tasks_.of(place, stage, nullptr))
      if (graph_.modules[task.module].kind != ModuleKind::Embedding && runs(task.module)) return true;
  return false;
}

bool UnitCalibrator::layer(uint32_t call, bool last) {
  given_is_read_ = !last || rest_reads();
  const UnitPlace place = tasks_.place_of(instance_of(graph_, call));
  const bool known = store_.holds(place);
  if (known && !store_.take(place)) return false;

  const std::unique_ptr<LayerRun> now = run_of(model_, place, call);
  std::unique_ptr<LayerRun> original;
  if (original_ != nullptr) original = run_of(*original_, place, call);
  if (!known && !solve_layer(place, {*now, original.get(), nullptr})) return false;
  if (known && given_is_read_ && !now->finish(model_.tiles(), stop_)) return false;
  if (original && given_is_read_ && !original->finish(original_->tiles(), stop_)) return false;
  for (ModelState* model : {&model_, original_}) {
    if (model == nullptr) continue;
    model->leave(call);
    model->forget_layer(place.instance);
  }
  return true;
}

bool UnitCalibrator::solve_layer(const UnitPlace& place, const Runs& runs) {
  UnitFile file;
  {
    Clock clock(spent_.smoothing);
    if (!smoother_.smooth(smooth_tasks_.of(*place.unit, place.path, place.instance), runs.now, stop_)) return false;
  }
  store_.keep_rewritten(smoother_.take_changed(), file);
  store_.keep_rotated(place.instance, file);
  counts_.clear();
  std::unique_ptr<Tuning> tuning;
  if (tunes_layer(place)) tuning.reset(new Tuning{runs.now.again(), {model_.tiles(), values_of(model_.tiles()), {}}, {}, {}});
  if (!run_stages(place, {runs.now, runs.original, tuning.get()}, file)) return false;
  tell_experts(graph_, place, counts_, std::max<int64_t>(1, plan_.calibration->coverage), tell_);
  Clock clock(spent_.writing);
  return store_.write(std::move(file), place);
}

std::vector<UnitCalibrator::Wanted> UnitCalibrator::wanted_by(const UnitPlace& place, const LayerInputs& inputs) const {
  std::vector<Wanted> stages;
  for (const CalibrationStage& stage : place.unit->stages) {
    Wanted& wanted = stages.emplace_back(Wanted{tasks_.of(place, stage, &inputs), {}});
    wanted.ranges = input_ranges(plan_, graph_, wanted.tasks, &inputs);
    append(wanted.ranges, point_ranges(plan_, graph_, plan_.units[place.unit->unit], stage, place.path, tasks_.online()));
  }
  return stages;
}

std::vector<LookedAt> UnitCalibrator::places_of(const Wanted& wanted, const LayerInputs& inputs) const {
  std::vector<LookedAt> places = inputs.places(graph_, modules_of(wanted.tasks));
  for (const RangeTask& range : wanted.ranges)
    if (std::find(places.begin(), places.end(), range.at) == places.end()) places.push_back(range.at);
  return places;
}

// `stage`: each stage sees the weights of the ones before. `layer`: all see the layer as it was. `none`: the layers behind
// see it so too.
bool UnitCalibrator::run_stages(const UnitPlace& place, const Runs& runs, UnitFile& file) {
  const LayerInputs& inputs = runs.now.inputs();
  std::vector<Wanted> stages = wanted_by(place, inputs);
  if (plan_.calibration->sequential != "stage" && !stages.empty()) return run_at_once(stages, runs, file);
  // What a linear gives is looked at in the pass after its solve.
  std::vector<RangeTask> given;
  for (size_t s = 0; s < stages.size(); ++s) {
    append(stages[s].ranges, given);
    std::vector<LookedAt> later;
    for (size_t after = s + 1; after < stages.size(); ++after) append(later, places_of(stages[after], inputs));
    StatisticsByInput statistics;
    if (!gather(stages[s], runs, later, statistics) || !solve_gathered(stages[s], statistics, runs.tuning, file)) return false;
    given = output_ranges(plan_, graph_, stages[s].tasks, tasks_.online(), &inputs);
  }
  return gather_ranges(std::move(given), runs, file) && finish_layer(runs, file);
}

bool UnitCalibrator::run_at_once(const std::vector<Wanted>& stages, const Runs& runs, UnitFile& file) {
  Wanted all;
  for (const Wanted& stage : stages) {
    append(all.tasks, stage.tasks);
    append(all.ranges, stage.ranges);
    append(all.ranges, output_ranges(plan_, graph_, stage.tasks, tasks_.online(), &runs.now.inputs()));
  }
  StatisticsByInput statistics;
  if (plan_.calibration->sequential == "none") {
    if (!gather(all, runs, {}, statistics)) return false;
    if ((given_is_read_ || runs.tuning != nullptr) && !runs.now.finish(model_.tiles(), stop_)) return false;
    if (runs.tuning != nullptr) runs.tuning->examples.outputs = values_of(model_.tiles());
    return solve_gathered(all, statistics, runs.tuning, file) && (runs.tuning == nullptr || tune(*runs.tuning, file));
  }
  {
    LookAhead ahead(runs.now, model_.tiles(), /*once=*/true);
    if (!gather(all, {ahead.run, runs.original, nullptr}, {}, statistics)) return false;
  }
  return solve_gathered(all, statistics, runs.tuning, file) && finish_layer(runs, file);
}

// The layer's outputs with its new weights. What is tuned approaches the unchanged model's.
bool UnitCalibrator::finish_layer(const Runs& runs, UnitFile& file) {
  if (runs.tuning != nullptr) {
    {
      Clock clock(spent_.passes);
      if (!runs.original->finish(original_->tiles(), stop_)) return false;
    }
    runs.tuning->examples.outputs = values_of(original_->tiles());
    if (!tune(*runs.tuning, file)) return false;
    for (size_t t = 0; t < model_.tiles().size(); ++t) model_.tiles()[t].layer = std::move(runs.tuning->examples.inputs[t]);
    const std::vector<RangeTask> given = output_ranges(plan_, graph_, runs.tuning->tasks, tasks_.online(), &runs.now.inputs());
    if (plan_.calibration->sequential == "stage" && !gather_ranges(given, {runs.tuning->start}, file)) return false;
  }
  Clock clock(spent_.passes);
  return !given_is_read_ || (runs.tuning != nullptr ? runs.tuning->start : runs.now).finish(model_.tiles(), stop_);
}

bool UnitCalibrator::tunes_layer(const UnitPlace& place) const {
  const auto& jobs = plan_.units[place.unit->unit].jobs;
  return std::any_of(jobs.begin(), jobs.end(), [&](const Job& job) { return tunes(plan_, job); });
}

// Stack by stack; those before have their new weights.
bool UnitCalibrator::tune(Tuning& tuning, UnitFile& file) {
  Clock clock(spent_.solving);
  std::map<std::string, std::vector<SolveTask>> stacks;
  for (const SolveTask& task : tuning.tasks) stacks[task.job->stack].push_back(task);
  for (const auto& [stack, tasks] : stacks) {
    const TunedLayer tuned = tune_layer(context(), model_, tuning.start, tasks, tuning.pruned, tuning.examples,
                                        [&](SolvedWeight solved) { store_.keep(solved, file); }, stop_);
    if (stop_) return false;
    const std::string& path = graph_.instances[tuning.start.instance()].path;
    tell_("tuning", fmt::format("{}: the error of its outputs, squared, is {:.3f} of what rounding to nearest makes", path, tuned.error),
          {{"instance", path}, {"stack", stack}, {"error", tuned.error}, {"step", tuned.best_step}});
  }
  return true;
}

bool UnitCalibrator::gather(const Wanted& wanted, const Runs& runs, const std::vector<LookedAt>& after,
                            StatisticsByInput& statistics) {
  Clock clock(spent_.passes);
  statistics = tasks_.statistics_for(wanted.tasks);
  want(wanted.ranges, statistics, model_.native());
  const std::vector<LookedAt> places = places_of(wanted, runs.now.inputs());
  std::optional<OriginalLayer> original;
  if (runs.original != nullptr) original.emplace(OriginalLayer{*runs.original, original_->tiles()});
  if (!runs.now.gather(model_.tiles(), statistics, places, after, stop_, original ? &*original : nullptr)) return false;
  for (auto& [key, one] : statistics) one.finish();
  if (!runs.now.counts().empty()) counts_ = runs.now.counts();
  smooth_crosses(wanted.tasks, statistics);
  return true;
}

// A pass for nothing but them.
bool UnitCalibrator::gather_ranges(std::vector<RangeTask> ranges, const Runs& runs, UnitFile& file) {
  if (ranges.empty()) return true;
  Wanted wanted{{}, std::move(ranges)};
  StatisticsByInput statistics;
  return gather(wanted, runs, {}, statistics) && solve_gathered(wanted, statistics, nullptr, file);
}

// The unchanged model's inputs as they would be had they been divided by the scales that moved into the weights.
void UnitCalibrator::smooth_crosses(const std::vector<SolveTask>& tasks, StatisticsByInput& statistics) const {
  std::set<InputKey> done;
  for (const SolveTask& task : tasks) {
    if (!task.input || !statistics.at(*task.input).cross.defined() || !done.insert(*task.input).second) continue;
    at::Tensor& cross = statistics.at(*task.input).cross;
    if (at::Tensor scale = smoother_.column_scale(task.module); scale.defined()) cross.div_(scale.to(cross.options()).unsqueeze(1));
  }
}

bool UnitCalibrator::solve_gathered(Wanted& wanted, StatisticsByInput& statistics, Tuning* tuning, UnitFile& file) {
  std::vector<SolveTask>& tasks = wanted.tasks;
  if (!usable(tasks, statistics) || !keep(plan_, graph_, wanted.ranges, statistics, file.parts, tell_, diagnostics_)) return false;
  if (tuning == nullptr) return solve_into(tasks, statistics, file);
  // What lost its input for want of tokens is rounded.
  const auto waiting = std::stable_partition(tasks.begin(), tasks.end(), [&](const SolveTask& task) { return !task.input || !tunes(plan_, *task.job); });
  const std::vector<SolveTask> tuned(waiting, tasks.end());
  tasks.erase(waiting, tasks.end());
  append(tuning->tasks, tuned);
  return prune_tuned(tuned, statistics, tuning->pruned) && solve_into(tasks, statistics, file);
}

// What follows in the layer sees their zeros.
bool UnitCalibrator::prune_tuned(const std::vector<SolveTask>& tasks, StatisticsByInput& statistics, PrunedWeights& pruned) {
  Clock clock(spent_.solving);
  if (!prune(context(), tasks, statistics, pruned, diagnostics_)) return false;
  for (const SolveTask& task : tasks)
    if (const auto found = pruned.find(task.module); found != pruned.end())
      model_.set_weight(task.module, weight_index(graph_, task.module),
                        tasks_.online().restored_weight(task.module, found->second.weight));
  return true;
}

SolveContext UnitCalibrator::context() const {
  return {plan_, graph_, model_.cache(), tasks_.online(), model_.device(), survey_};
}

bool UnitCalibrator::rest() {
  const UnitPlace place = tasks_.place_of(0);
  if (store_.holds(place)) return store_.load(place);
  UnitFile file;
  std::vector<SolveTask> tables, linears;
  for (const CalibrationStage& stage : place.unit->stages)
    for (SolveTask& task : tasks_.of(place, stage, nullptr))
      (graph_.modules[task.module].kind == ModuleKind::Embedding || !runs(task.module) ? tables : linears).push_back(task);
  StatisticsByInput statistics;
  store_.keep_rotated(place.instance, file);
  // Tables are cheap to round again.
  if (!solve_into(tables, statistics, file)) return false;
  keep_fixed(plan_, graph_, input_ranges(plan_, graph_, tables, nullptr), model_.native(), file.parts);
  keep_fixed(plan_, graph_, output_ranges(plan_, graph_, tables, tasks_.online(), nullptr), model_.native(), file.parts);
  if (!linears.empty()) {
    std::vector<bool> available(graph_.templates[0].values.size());
    for (size_t value = 0; value < available.size(); ++value) available[value] = model_.tiles().front().model[value].tensor.defined();
    for (TileState& state : model_.tiles()) state.layer = std::move(state.model);
    LayerRun run(graph_, model_.runner(), 0, model_.liveness(), available, pass_options(plan_, model_));
    std::unique_ptr<LayerRun> original;
    if (original_ != nullptr) {
      for (TileState& state : original_->tiles()) state.layer = std::move(state.model);
      original = std::make_unique<LayerRun>(graph_, original_->runner(), 0, original_->liveness(), available, pass_options(plan_, model_));
    }
    for (SolveTask& task : linears) task.input = tasks_.input_of(task.module, run.inputs());
    const Runs runs{run, original.get()};
    Wanted wanted{linears, input_ranges(plan_, graph_, linears, &run.inputs())};
    if (!gather(wanted, runs, {}, statistics) || !solve_gathered(wanted, statistics, nullptr, file)) return false;
    if (!gather_ranges(output_ranges(plan_, graph_, linears, tasks_.online(), &run.inputs()), runs, file)) return false;
  }
  return store_.write(std::move(file), place);
}

bool UnitCalibrator::without_data() {
  // Files tell what is done.
  if (!store_.settle()) return false;
  for (uint32_t instance = 0; instance < graph_.instances.size() && !stop_; ++instance) {
    const UnitPlace place = tasks_.place_of(instance);
    if (!store_.holds(place)) {
      UnitFile file;
      StatisticsByInput none;
      store_.keep_rotated(instance, file);
      for (const CalibrationStage& stage : place.unit->stages) {
        const std::vector<SolveTask> tasks = tasks_.of(place, stage, nullptr);
        if (!solve_into(tasks, none, file)) return false;
        keep_fixed(plan_, graph_, ranges_of(plan_, graph_, tasks, plan_.units[place.unit->unit], stage, place.path, tasks_.online()),
                   model_.native(), file.parts);
      }
      if (!store_.write(std::move(file), place)) return false;
    } else if (!store_.load(place)) {
      return false;
    }
    model_.forget_layer(instance);
  }
  return store_.settle() && !stop_;
}

// Reports what cannot be solved; tasks whose experts saw too little lose their input when the recipe says so.
bool UnitCalibrator::usable(std::vector<SolveTask>& tasks, StatisticsByInput& statistics) {
  bool good = true;
  for (SolveTask& task : tasks) {
    if (!task.input) continue;
    const InputStatistics& seen = statistics.at(*task.input);
    const std::string path(graph_.modules[task.module].path);
    if (seen.tokens >= std::max<int64_t>(1, plan_.calibration->coverage)) {
      if (seen.finite) continue;
      diagnostics_.report(codes::L6051, fmt::format("`{}` reads NaN or infinite values on the calibration data", path))
          .help("check the model on this data with `lcr eval`, or calibrate on other data")
          .with("module", path);
      return false;
    }
    const std::string message = fmt::format("`{}` saw {} calibration tokens, {} are asked for", path, seen.tokens,
                                            std::max<int64_t>(1, plan_.calibration->coverage));
    if (plan_.calibration->starved == "rtn") {
      diagnostics_.report(codes::L6054, message).note("its weight is rounded without them").with("module", path);
      task.input.reset();
      continue;
    }
    diagnostics_.report(codes::L6052, message)
        .help("calibrate on more data, with `route = every_expert`, or say `starved = rtn`")
        .with("module", path);
    good = false;
  }
  return good;
}

bool UnitCalibrator::solve_into(const std::vector<SolveTask>& tasks, StatisticsByInput& statistics, UnitFile& file) {
  Clock clock(spent_.solving);
  return solve(context(), tasks, statistics, [&](SolvedWeight solved) { store_.keep(solved, file); }, diagnostics_);
}

}  // namespace lcr
