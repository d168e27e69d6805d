#include "backend/calibrate/unit_calibration.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "backend/calibrate/module_weight.h"
#include "backend/calibrate/stored_parts.h"
#include "compiler/diagnostics/check.h"
#include "compiler/diagnostics/codes/run.h"
#include "planner/plan/names.h"

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

// The name that the ranges of a job's inputs have among an input's statistics.
std::string range_name(const Job& job) { return job.precision + "/" + job.stack; }

bool stores_input(const Plan& plan, const Job& job) {
  if (job.precision.empty()) return false;
  const auto& input = plan.precisions.at(job.precision).input;
  return input && (!input->dynamic || input->global);
}

std::unordered_map<std::string_view, uint32_t> by_path(const ModelGraph& graph) {
  std::unordered_map<std::string_view, uint32_t> modules;
  for (uint32_t m = 0; m < graph.modules.size(); ++m) modules.emplace(graph.modules[m].path, m);
  return modules;
}

}  // namespace

UnitCalibrator::UnitCalibrator(const Plan& plan, const ModelGraph& graph, ModelState& model, const Tell& tell, SolvedStore& store,
                               const std::atomic<bool>& stop, Diagnostics& diagnostics)
    : plan_(plan), graph_(graph), model_(model), tell_(tell), store_(store), stop_(stop), diagnostics_(diagnostics),
      modules_(by_path(graph)), smooth_tasks_(plan, graph, modules_), smoother_(plan, graph, model) {
  for (const Unit& unit : plan.units)
    for (const Job& job : unit.jobs)
      if (!job.precision.empty() || !job.prune.empty())
        for (const std::string& path : unit.instances)
          for (int64_t e = 0; e < times(job); ++e)
            for (const std::string& name : job.modules) solved_.insert(modules_.at(name_in(path, name, job.experts > 0 ? job.first_expert + e : -1)));
}

UnitCalibrator::Place UnitCalibrator::place_of(uint32_t instance) const {
  Place place;
  place.instance = instance;
  place.path = graph_.instances[instance].path;
  for (const UnitCalibration& unit : plan_.calibration->units) {
    const auto& instances = plan_.units[unit.unit].instances;
    if (std::find(instances.begin(), instances.end(), place.path) != instances.end()) place.unit = &unit;
  }
  return place;
}

PassOptions UnitCalibrator::pass_options() const {
  const Template& model = graph_.templates[0];
  int64_t width = 0;
  for (const Node& node : model.nodes)
    if (node.op == Op::Call)
      for (ValueId value : node.outputs) width = std::max(width, elements_of(model.values[value].dims));
  return {model_.device(), plan_.calibration->route == "every_expert", width, model_.waits_on_host()};
}

std::vector<SolveTask> UnitCalibrator::tasks_of(const Place& place, const CalibrationStage& stage, const LayerInputs* inputs) const {
  std::vector<SolveTask> tasks;
  for (uint32_t j : stage.jobs) {
    const Job& job = plan_.units[place.unit->unit].jobs[j];
    const int64_t last = job.experts > 0 ? job.first_expert + job.experts - 1 : -1;
    for (int64_t expert = job.experts > 0 ? job.first_expert : -1; expert <= last; ++expert) {
      for (const std::string& relative : job.modules) {
        SolveTask task{modules_.at(name_in(place.path, relative, expert)), &job, expert, {}};
        const Module& module = graph_.modules[task.module];
        if (inputs != nullptr && inputs->knows(module.owner, module.local))
          task.input = inputs->key(module.owner, module.local, module.expert);
        tasks.push_back(std::move(task));
      }
    }
  }
  return tasks;
}

StatisticsByInput UnitCalibrator::statistics_for(const std::vector<SolveTask>& tasks) const {
  StatisticsByInput statistics;
  for (const SolveTask& task : tasks) {
    if (!task.input) continue;
    InputStatistics& one = statistics[*task.input];
    one.wants_moment = one.wants_moment || wants_moment(plan_, *task.job);
    if (!stores_input(plan_, *task.job)) continue;
    const Algorithm& solver = plan_.stacks.at(task.job->stack).solver;
    one.ranges.try_emplace(range_name(*task.job), std::get<Observer>(solver.parameters.at("input_range")),
                           *plan_.precisions.at(task.job->precision).input, graph_.modules[task.module].in, 1, model_.native());
  }
  return statistics;
}

std::vector<LookedAt> UnitCalibrator::looked_at(const std::vector<SolveTask>& tasks, const LayerInputs& inputs) const {
  std::vector<LookedAt> wanted;
  for (const SolveTask& task : tasks) {
    if (!task.input) continue;
    const Module& module = graph_.modules[task.module];
    const LookedAt at = inputs.where(module.owner, module.local);
    if (std::find(wanted.begin(), wanted.end(), at) == wanted.end()) wanted.push_back(at);
  }
  return wanted;
}

// Towers that images feed are not run: their layers, and their nodes of the model's own template.
bool UnitCalibrator::runs(uint32_t module) const {
  const Module& m = graph_.modules[module];
  const Template& model = graph_.templates[0];
  if (m.instance != 0) return model_.liveness().nodes[graph_.instances[m.instance].node];
  for (uint32_t n = 0; n < model.nodes.size(); ++n)
    if (model.nodes[n].module == m.local && m.owner == 0) return model_.liveness().nodes[n];
  return true;
}

bool UnitCalibrator::reached() {
  for (uint32_t instance = 0; instance < graph_.instances.size(); ++instance) {
    const Place place = place_of(instance);
    for (const CalibrationStage& stage : place.unit->stages) {
      for (const SolveTask& task : tasks_of(place, stage, nullptr)) {
        if (runs(task.module) || !(looks_at_data(plan_, *task.job) || stores_input(plan_, *task.job))) continue;
        const std::string path(graph_.modules[task.module].path);
        diagnostics_.report(codes::L6055, fmt::format("`{}` looks at calibration data, and texts do not reach it", path))
            .help(fmt::format("keep `{}`, or quantize it `with rtn` and inputs that are scaled at run time", path))
            .with("module", path);
        return false;
      }
    }
  }
  return true;
}

bool UnitCalibrator::solve_tables() {
  const Place place = place_of(0);
  SolvedWriter unused;
  for (const CalibrationStage& stage : place.unit->stages) {
    std::vector<SolveTask> tasks = tasks_of(place, stage, nullptr);
    std::erase_if(tasks, [&](const SolveTask& task) { return graph_.modules[task.module].kind != ModuleKind::Embedding; });
    StatisticsByInput none;
    // Written with the rest of the unit, which comes last.
    if (!solve_into(tasks, none, unused)) return false;
  }
  return true;
}

bool UnitCalibrator::layer(uint32_t call) {
  const auto& instances = graph_.instances;
  const auto found = std::find_if(instances.begin(), instances.end(), [&](const Instance& one) { return one.node == call; });
  const Place place = place_of(static_cast<uint32_t>(found - instances.begin()));
  const Liveness& live = model_.liveness_of(call);
  std::vector<bool> available = model_.enter(call);
  const bool known = store_.holds(place.path);
  if (known && !take_from_store(place)) return false;

  LayerRun run(graph_, model_.runner(), place.instance, live, available, pass_options());
  if (known) {
    if (!run.finish(model_.tiles(), stop_)) return false;
  } else {
    SolvedWriter writer;
    const std::vector<SmoothTask> smoothing = smooth_tasks_.of(*place.unit, place.path, place.instance);
    if (!smoothing.empty()) {
      Clock clock(spent_.smoothing);
      if (!smoother_.smooth(smoothing, run, stop_)) return false;
    }
    keep_rewritten(smoother_.take_changed(), writer);
    if (!run_stages(place, run, writer)) return false;
    Clock clock(spent_.writing);
    if (!writer.write(store_, place.path, diagnostics_) || !store_.load(place.path, diagnostics_)) return false;
  }
  model_.leave(call);
  model_.forget_layer(place.instance);
  return true;
}

// `stage`: each stage sees the weights of the ones before. `layer`: all see the layer as it was. `none`: the layers behind
// see it so too.
bool UnitCalibrator::run_stages(const Place& place, LayerRun& run, SolvedWriter& writer) {
  const std::string& sequential = plan_.calibration->sequential;
  std::vector<std::vector<SolveTask>> stages;
  for (const CalibrationStage& stage : place.unit->stages) {
    std::vector<SolveTask> tasks = tasks_of(place, stage, &run.inputs());
    if (sequential == "stage" || stages.empty()) {
      stages.push_back(std::move(tasks));
    } else {
      stages.front().insert(stages.front().end(), tasks.begin(), tasks.end());
    }
  }
  std::vector<std::vector<Slot>> arguments;
  if (sequential != "stage")
    for (const TileState& state : model_.tiles()) arguments.push_back(state.layer);
  const std::vector<bool> available = run.available();

  for (size_t s = 0; s < stages.size(); ++s) {
    StatisticsByInput statistics = statistics_for(stages[s]);
    std::vector<LookedAt> after;
    for (size_t later = s + 1; later < stages.size(); ++later)
      for (const LookedAt& at : looked_at(stages[later], run.inputs())) after.push_back(at);
    {
      Clock clock(spent_.passes);
      if (!run.gather(model_.tiles(), statistics, looked_at(stages[s], run.inputs()), after, stop_)) return false;
      for (auto& [key, one] : statistics) one.finish();
    }
    if (!usable(stages[s], statistics)) return false;
    if (sequential == "none" && !run.finish(model_.tiles(), stop_)) return false;
    keep_ranges(stages[s], statistics, writer);
    if (!solve_into(stages[s], statistics, writer)) return false;
  }
  if (sequential == "none" && !stages.empty()) return true;
  Clock clock(spent_.passes);
  if (sequential == "stage") return run.finish(model_.tiles(), stop_);
  for (size_t t = 0; t < arguments.size(); ++t) model_.tiles()[t].layer = std::move(arguments[t]);
  LayerRun again(graph_, model_.runner(), place.instance, run.liveness(), available, pass_options());
  return again.finish(model_.tiles(), stop_);
}

bool UnitCalibrator::rest() {
  const Place place = place_of(0);
  if (store_.holds(place.path)) return store_.load(place.path, diagnostics_);
  SolvedWriter writer;
  std::vector<SolveTask> tables, linears;
  for (const CalibrationStage& stage : place.unit->stages)
    for (SolveTask& task : tasks_of(place, stage, nullptr))
      (graph_.modules[task.module].kind == ModuleKind::Embedding || !runs(task.module) ? tables : linears).push_back(task);
  StatisticsByInput statistics;
  // Tables are cheap to round again.
  if (!solve_into(tables, statistics, writer)) return false;
  if (!linears.empty()) {
    std::vector<bool> available(graph_.templates[0].values.size());
    for (size_t value = 0; value < available.size(); ++value) available[value] = model_.tiles().front().model[value].tensor.defined();
    for (TileState& state : model_.tiles()) state.layer = std::move(state.model);
    LayerRun run(graph_, model_.runner(), 0, model_.liveness(), available, pass_options());
    for (SolveTask& task : linears) {
      const Module& module = graph_.modules[task.module];
      if (run.inputs().knows(module.owner, module.local)) task.input = run.inputs().key(module.owner, module.local, -1);
    }
    statistics = statistics_for(linears);
    if (!run.gather(model_.tiles(), statistics, looked_at(linears, run.inputs()), {}, stop_)) return false;
    for (auto& [key, one] : statistics) one.finish();
    if (!usable(linears, statistics)) return false;
    keep_ranges(linears, statistics, writer);
    if (!solve_into(linears, statistics, writer)) return false;
  }
  return writer.write(store_, place.path, diagnostics_) && store_.load(place.path, diagnostics_);
}

bool UnitCalibrator::without_data() {
  for (uint32_t instance = 0; instance < graph_.instances.size() && !stop_; ++instance) {
    const Place place = place_of(instance);
    if (!store_.holds(place.path)) {
      SolvedWriter writer;
      StatisticsByInput none;
      for (const CalibrationStage& stage : place.unit->stages)
        if (!solve_into(tasks_of(place, stage, nullptr), none, writer)) return false;
      if (!writer.write(store_, place.path, diagnostics_)) return false;
    }
    if (!store_.load(place.path, diagnostics_)) return false;
    model_.forget_layer(instance);
  }
  return !stop_;
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

bool UnitCalibrator::solve_into(const std::vector<SolveTask>& tasks, StatisticsByInput& statistics, SolvedWriter& writer) {
  Clock clock(spent_.solving);
  const SolveContext context{plan_, graph_, model_.weights(), model_.device()};
  return solve(context, tasks, statistics, [&](SolvedWeight solved) { keep(solved, writer); }, diagnostics_);
}

void UnitCalibrator::keep(const SolvedWeight& solved, SolvedWriter& writer) {
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

void UnitCalibrator::keep_ranges(const std::vector<SolveTask>& tasks, StatisticsByInput& statistics, SolvedWriter& writer) {
  for (const SolveTask& task : tasks) {
    if (!stores_input(plan_, *task.job) || !task.input) continue;
    const Module& module = graph_.modules[task.module];
    const ActivationObserver& seen = statistics.at(*task.input).ranges.at(range_name(*task.job));
    add_input_scales(writer, module, plan_.precisions.at(task.job->precision), weight_scale_dtype(plan_, graph_, task.module), seen.scales());
  }
}

// Tensors of modules that a rewrite changed, as the export writes them and a resumed run takes them. Weights that are
// solved afterwards are stored by their codes.
void UnitCalibrator::keep_rewritten(const std::vector<uint32_t>& modules, SolvedWriter& writer) {
  for (uint32_t m : modules) {
    const Module& module = graph_.modules[m];
    const auto& tensors = graph_.declaration(module).tensors;
    for (uint32_t t = 0; t < tensors.size(); ++t) {
      if (view_of(graph_, m, t) == nullptr) continue;
      if (tensors[t].name == "weight" && solved_.contains(m)) continue;
      at::Tensor value = model_.weights().tensor(m, t).to(at::kCPU, at::kFloat).contiguous();
      writer.add_tensor(module.path, tensors[t].name, {value.data_ptr<float>(), static_cast<size_t>(value.numel())});
    }
  }
}

void UnitCalibrator::take_rewritten(uint32_t instance) {
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

bool UnitCalibrator::take_from_store(const Place& place) {
  if (!store_.load(place.path, diagnostics_)) return false;
  take_rewritten(place.instance);
  for (const CalibrationStage& stage : place.unit->stages) {
    for (const SolveTask& task : tasks_of(place, stage, nullptr)) {
      const Module& module = graph_.modules[task.module];
      // Pruned ones that stay dense were taken as tensors.
      if (task.job->precision.empty()) continue;
      at::Tensor decoded = decode_parts(store_, module, plan_.precisions.at(task.job->precision), weight_scale_dtype(plan_, graph_, task.module));
      model_.set_weight(task.module, weight_index(graph_, task.module), decoded.to(at::Device(model_.device())));
    }
  }
  return true;
}

}  // namespace lcr
