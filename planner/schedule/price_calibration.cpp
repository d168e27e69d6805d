#include "planner/schedule/price_calibration.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "compiler/language/parameter.h"
#include "compiler/model/width.h"
#include "planner/cost/memory.h"
#include "planner/plan/expert_cut.h"
#include "planner/plan/names.h"
#include "planner/plan/original.h"
#include "planner/schedule/price_learning.h"
#include "planner/schedule/rates.h"

namespace lcr {
namespace {

// Passes after the first compute what was not kept again: of a layer's products, about six tenths more.
constexpr double recomputed = 1.6;
// Of one second moment while it becomes a factor: the sums, their mean, the matrix in order, its factor and the inverse.
constexpr int64_t moment_bytes = 40;
// Of one element while it is solved: the weight, what is swept, codes and decoded values; on a device, where several weights
// go together, also their targets and what the refit makes of all of them.
constexpr int64_t solved_bytes = 16, solved_together_bytes = 28;
// Of one moment of an expert's own input: its sums, on a device those of all experts, with two triangles on the way to means.
constexpr int64_t own_moment_bytes = 8, own_moments_bytes = 12;
// Of one moment with the unchanged model's inputs: its sums, and their product with the inverse while targets move.
constexpr int64_t cross_bytes = 16;
// Of one element of a weight that is tuned: itself, what is learned, its rounded values, gradients and the best so far.
constexpr int64_t tuned_bytes = 48;
// The same where it was pruned before: its zeros and their mask, twice.
constexpr int64_t pruned_bytes = 10;
// Values that a layer keeps for the way back, in widths of its widest, and products there and back against those there.
constexpr int64_t saved_widths = 12;
constexpr double there_and_back = 3;
// Rows between layers, and a part of what comes and goes while a pass makes others of them. What a layer keeps between
// two of its stages comes on top.
constexpr double waiting_widths = 1.5;

struct Layer {
  double flops = 0;          // of one token through all of its products
  double solve_flops = 0;
  int64_t weights = 0;       // elements
  int64_t codes = 0;         // elements that are solved
  int64_t largest = 0;       // elements of the weights that are solved at once
  int64_t statistics = 0;    // bytes, of the stage that gathers most
  int64_t widest = 0;        // features of its widest value
  int64_t tuning = 0;        // bytes, while the layer is tuned
};

class Pricer {
 public:
  Pricer(const ModelGraph& graph, const NameIndex& names, Plan& plan) : graph_(graph), names_(names), plan_(plan) {
    width_ = widest_layer_output(graph);
    for (const CalibrationSource& source : plan.calibration->data.sources) tokens_ += source.samples * plan.calibration->data.length;
    element_ = plan.device == "cpu" ? 4 : size_of(graph.dtype);
    streams_ = runs_original(plan) ? 2 : 1;
    std::map<std::string_view, uint32_t> instances;
    for (uint32_t i = 0; i < graph.instances.size(); ++i) instances.emplace(graph.instances[i].path, i);
    std::vector<bool> first(graph.instances.size(), false);
    for (const Unit& unit : plan.units) first[instances.at(unit.instances.front())] = true;
    linears_.resize(graph.instances.size());
    for (uint32_t m = 0; m < graph.modules.size(); ++m) {
      const Module& module = graph.modules[m];
      if (first[module.instance] && module.kind == ModuleKind::Linear && module.owner != 0)
        linears_[module.instance].push_back(m);
    }
    for (const Template& layer : graph.templates)
      for (const Node& node : layer.nodes)
        if (node.op == Op::Dispatch) {
          chosen_[node.callee] = elements_of(layer.values[node.inputs[1]].dims);
          routed_[node.callee] = double(chosen_[node.callee]) / double(std::max<int64_t>(1, node.attributes.experts));
        }
  }

  // Chooses where the rows wait, and what is kept between the stages of a layer: on the device what fits into `limit`,
  // else in host memory.
  void price(int64_t limit) {
    PlannedCalibration& calibration = *plan_.calibration;
    const Prediction before = plan_.predicted;
    struct Way {
      const char* stream;
      int64_t kept;
    };
    std::vector<Way> ways;
    if (plan_.device != "cpu" && limit < INT64_MAX) ways = {{"device", widest_kept()}, {"device", width_}};
    ways.push_back({"host", width_});
    for (const Way& way : ways) {
      plan_.predicted = before;
      calibration.stream = way.stream;
      calibration.kept_width = way.kept;
      predict();
      if (plan_.predicted.device_peak <= limit) return;
    }
  }

 private:
  // What the choice costs.
  void predict() {
    PlannedCalibration& calibration = *plan_.calibration;
    calibration.stream_bytes =
        int64_t(double(streams_ * tokens_ * element_) * (waiting_widths * double(width_) + double(calibration.kept_width)));
    const bool cpu = plan_.device == "cpu", on_device = calibration.stream == "device";
    int64_t host = 0, device = 0;
    double flops = 0;
    // A look at all layers of the unchanged model, on a state that goes before the work begins.
    const std::string experts = expert_pruning(plan_);
    const double looks = double(surveys(plan_)) + double(!experts.empty());
    // While experts are weighed all of them are there.
    const double left = experts.empty() ? 1 : 1 - plan_.prunings.at(experts).share;
    const int64_t weighed = experts.empty() ? 0 : int64_t(double(largest_layer() * element_) / left);
    for (UnitCalibration& unit : calibration.units) {
      const Layer layer = measure(unit);
      const double again = calibration.kept_width > width_ ? 1 : recomputed;
      const double of_passes = double(tokens_) * layer.flops * (double(streams_) * again + looks);
      const double of_instance = of_passes + layer.solve_flops;
      for (CalibrationStage& stage : unit.stages) stage.flops = of_instance / double(unit.stages.size());
      flops += of_instance * double(plan_.units[unit.unit].instances.size());
      // Values of one tile as products make them, weights as they are computed with, float32 copies while one is solved.
      const int64_t tile = tokens_ > 0 ? calibration.tile * element_ * 3 * layer.widest : 0;
      const int64_t solving = streams_ * (tile + layer.weights * element_) + layer.largest * (cpu ? solved_bytes : solved_together_bytes) + std::max(layer.statistics, layer.tuning);
      const int64_t computing = std::max(solving, tile + weighed);
      const int64_t kept = layer.codes * 2;  // codes and what is written of them
      unit.host_live = cpu ? computing + kept : kept + layer.weights * size_of(graph_.dtype);
      // Beside the tile that is computed, two come and go between the host and the device; the next layer's weights come, and
      // codes wait to be written.
      unit.device_live = cpu ? 0 : computing + device_fixed + layer.weights * (element_ + 1) + (on_device ? 0 : 6 * streams_ * calibration.tile * width_ * element_);
      host = std::max(host, unit.host_live);
      device = std::max(device, unit.device_live);
    }
    Prediction& predicted = plan_.predicted;
    const double rate = cpu ? cpu_flops * std::max(1, plan_.workers) : cuda_flops;
    predicted.flops += flops;
    predicted.seconds += flops / rate;
    // With a device what needs no calibration is written meanwhile, on the CPU afterwards.
    const int64_t writing = cpu ? 0 : predicted.host_peak - plan_.fixed_bytes;
    predicted.host_peak = std::max(predicted.host_peak,
                                   plan_.fixed_bytes + writing + host + (on_device ? 0 : calibration.stream_bytes));
    if (!cpu) predicted.device_peak += device + (on_device ? calibration.stream_bytes : 0);
    for (Alternative& one : predicted.alternatives) {
      one.seconds += flops / rate;
      if (predicted.host_peak > one.host_peak) one.host_peak = predicted.host_peak, one.set_by = "the calibration's rows and one layer";
      one.device_peak = std::max(one.device_peak, predicted.device_peak);
    }
  }

  // Elements of the weights of the layer that has most.
  int64_t largest_layer() const {
    std::vector<int64_t> elements(graph_.instances.size(), 0);
    for (const Module& module : graph_.modules)
      if (module.instance != 0) elements[module.instance] += module.out * module.in;
    return *std::max_element(elements.begin(), elements.end());
  }

  // Features of the widest value that a linear in a layer reads, experts' own aside.
  int64_t widest_kept() const {
    int64_t widest = width_;
    for (const UnitCalibration& calibration : plan_.calibration->units) {
      const Unit& unit = plan_.units[calibration.unit];
      if (calibration.unit == 0) continue;
      for (const CalibrationStage& stage : calibration.stages)
        for (uint32_t j : stage.jobs)
          for (const std::string& name : unit.jobs[j].modules)
            if (unit.jobs[j].experts == 0)
              widest = std::max(widest, graph_.modules[size_t(names_.module(name_in(unit.instances.front(), name, -1)))].in);
    }
    return widest;
  }

  Layer measure(const UnitCalibration& calibration) const {
    const Unit& unit = plan_.units[calibration.unit];
    const std::string& path = unit.instances.front();
    Layer layer;
    std::set<std::pair<TemplateId, uint32_t>> solved;
    for (const CalibrationStage& stage : calibration.stages) {
      std::set<int64_t> widths;
      int64_t bytes = 0, elements_of_stage = 0;
      for (uint32_t j : stage.jobs) {
        const Job& job = unit.jobs[j];
        bytes += range_bytes(job, path);
        for (const std::string& name : job.modules) {
          const Module& module =
              graph_.modules[size_t(names_.module(name_in(path, name, job.experts > 0 ? job.first_expert : -1)))];
          const int64_t elements = module.out * module.in, count = times(job);
          if (module.kind == ModuleKind::Embedding) continue;
          solved.insert({module.owner, module.local});
          layer.weights += elements * count;
          layer.largest = std::max(layer.largest, elements);
          elements_of_stage += elements * count;
          layer.widest = std::max({layer.widest, module.in, 2 * module.out, features_at_once(module)});
          layer.flops += 2.0 * double(elements) * double(count);
          layer.solve_flops += double(elements) * double(module.in) * double(count);
          const bool by_itself = job.experts > 0 && module.in != width_;
          const int64_t own_bytes = plan_.device == "cpu" ? own_moment_bytes : own_moments_bytes;
          const int64_t moments = by_itself ? count : int64_t(widths.insert(module.in).second);
          const int64_t cross = !approaches_original(plan_, job) ? 0 : by_itself ? 8 : cross_bytes;
          bytes += moments * module.in * module.in * ((by_itself ? own_bytes : moment_bytes) + cross);
          layer.flops += double(moments) * 1.2 * double(module.in) * double(module.in);
        }
      }
      layer.statistics = std::max(layer.statistics, bytes);
      layer.largest = std::max(layer.largest, std::min(solved_at_once, elements_of_stage));
    }
    layer.codes = layer.weights;
    if (tokens_ > 0) add_kept(path, solved, layer);
    for (const CalibrationStage& stage : calibration.stages)
      for (uint32_t j : stage.jobs) add_tuning(unit, unit.jobs[j], layer);
    return layer;
  }

  // Steps of a stack that tunes, once a layer; what each weight takes meanwhile.
  void add_tuning(const Unit& unit, const Job& job, Layer& layer) const {
    if (job.stack.empty()) return;
    const Algorithm& solver = plan_.stacks.at(job.stack).solver;
    if (solver.name != "autoround") return;
    const int64_t tokens = parameter<int64_t>(solver, "batch") * plan_.calibration->data.length;
    if (layer.tuning == 0) {
      layer.tuning = tokens * layer.widest * saved_widths * element_;
      layer.solve_flops += double(parameter<int64_t>(solver, "steps")) * double(tokens) * layer.flops * there_and_back;
    }
    for (const std::string& name : job.modules) {
      const auto number = names_.module(name_in(unit.instances.front(), name, job.experts > 0 ? job.first_expert : -1));
      layer.tuning += graph_.modules[size_t(number)].out * graph_.modules[size_t(number)].in * times(job) *
                      (tuned_bytes + (job.prune.empty() ? 0 : pruned_bytes));
    }
  }

  // What stays as it is is run all the same, of experts those that the router chooses.
  void add_kept(const std::string& path, const std::set<std::pair<TemplateId, uint32_t>>& solved, Layer& layer) const {
    const auto found = std::find_if(graph_.instances.begin(), graph_.instances.end(),
                                    [&](const Instance& instance) { return instance.path == path; });
    for (uint32_t m : linears_[size_t(found - graph_.instances.begin())]) {
      const Module& module = graph_.modules[m];
      if (solved.contains({module.owner, module.local})) continue;
      const auto routed = routed_.find(module.owner);
      const double share = routed == routed_.end() ? 1 : routed->second;
      layer.weights += module.out * module.in;
      layer.widest = std::max({layer.widest, module.in, 2 * module.out, features_at_once(module)});
      layer.flops += 2.0 * double(module.out) * double(module.in) * share;
    }
  }

  // Of a token, what a device holds of an expert's module: all experts that the router sends it to run together.
  int64_t features_at_once(const Module& module) const {
    const auto chosen = chosen_.find(module.owner);
    return chosen == chosen_.end() || plan_.device == "cpu" ? 0 : chosen->second * (module.in + module.out);
  }

  // Of one observer: a count of every 16-bit value where the range is searched for, else next to nothing.
  static int64_t observer_bytes(const Algorithm& solver, const char* parameter, int64_t scales) {
    const auto found = solver.parameters.find(parameter);
    const auto* observer = found == solver.parameters.end() ? nullptr : std::get_if<Observer>(&found->second);
    const bool counts = observer != nullptr && (observer->name == "mse" || observer->name == "percentile");
    return counts ? scales * 65536 * int64_t(sizeof(int64_t)) : 0;
  }

  // Of all scales of activations that a job asks for.
  int64_t range_bytes(const Job& job, const std::string& path) const {
    if (!job.points.empty()) {
      const CacheFormat& cache = plan_.caches.at(job.cache);
      int64_t scales = 0;
      for (const std::string& point : job.points)
        scales += cache.format.per == Per::Head ? graph_.points[size_t(names_.point(name_in(path, point)))].heads : 1;
      return observer_bytes(cache.solver, "range", scales);
    }
    if (job.precision.empty()) return 0;
    const Algorithm& solver = plan_.stacks.at(job.stack).solver;
    const int64_t modules = int64_t(job.modules.size()) * times(job);
    return observer_bytes(solver, "input_range", modules) + observer_bytes(solver, "output_range", modules);
  }

  const ModelGraph& graph_;
  const NameIndex& names_;
  Plan& plan_;
  int64_t width_ = 1, tokens_ = 0, element_ = 4;
  int64_t streams_ = 1;  // models that run on the rows side by side
  std::vector<std::vector<uint32_t>> linears_;  // of the first instance of every unit
  std::map<TemplateId, int64_t> chosen_;        // expert template -> experts of a token
  std::map<TemplateId, double> routed_;         // expert template -> share of the tokens that one of its experts sees
};

struct SetBy {
  const char* what;
  const char* instead;
};

bool fits(const ReadSchedule& schedule, const Prediction& predicted, const SetBy& by, Diagnostics& diagnostics) {
  const Shortage places[] = {
      {schedule.host_span, "host memory", schedule.limits.host, predicted.host_peak, by.what, by.instead},
      {schedule.device_span, "device memory", schedule.limits.device, predicted.device_peak, by.what, by.instead}};
  for (const Shortage& one : places) {
    if (one.peak <= one.limit) continue;
    report_short(one, diagnostics);
    return false;
  }
  return true;
}

}  // namespace

bool price_calibration(const ReadSchedule& schedule, const ModelGraph& graph, const NameIndex& names, Plan& plan,
                       Diagnostics& diagnostics) {
  if (!plan.calibration) return true;
  Pricer(graph, names, plan).price(schedule.limits.device);
  const SetBy calibration{"calibration (the rows between passes, one layer's weights and statistics)",
                          ", or calibrate on fewer or shorter rows"};
  if (!fits(schedule, plan.predicted, calibration, diagnostics)) return false;
  price_learning(graph, plan);
  const SetBy learning{"learning rotations (one layer and its way back, the logits of some rows)", ", or learn on shorter rows"};
  return fits(schedule, plan.predicted, learning, diagnostics);
}

}  // namespace lcr
