#include "planner/schedule/price_calibration.h"

#include <algorithm>
#include <set>

#include "compiler/model/width.h"
#include "planner/plan/names.h"
#include "planner/plan/original.h"

namespace lcr {
namespace {

// Rates that calibrations were seen to reach: float32 on one core of a server's processor, 16 bits on an H100.
constexpr double cpu_flops = 4e10, cuda_flops = 3e14;
// Passes after the first compute what was not kept again: of a layer's products, about six tenths more.
constexpr double recomputed = 1.6;
// Of one second moment while it becomes a factor: the sums, their mean, the matrix in order, its factor and the inverse.
constexpr int64_t moment_bytes = 40;
// Of one moment with the unchanged model's inputs: its sums, and their product with the inverse while targets move.
constexpr int64_t cross_bytes = 16;
// A device's context and the libraries' workspaces, as seen on an H100.
constexpr int64_t device_fixed = int64_t{5} << 29;
// Of one element of a weight that is tuned: itself, what is learned, its rounded values, gradients and the best so far.
constexpr int64_t tuned_bytes = 48;
// Values that a layer keeps for the way back, in widths of its widest, and products there and back against those there.
constexpr int64_t saved_widths = 12;
constexpr double there_and_back = 3;
// Rows between layers, and what a layer keeps between two of its stages: a second value of that width and a part of a third.
constexpr double waiting_widths = 2.5;

struct Layer {
  double flops = 0;          // of one token through all of its products
  double solve_flops = 0;
  int64_t weights = 0;       // elements
  int64_t largest = 0;       // elements of its largest weight
  int64_t statistics = 0;    // bytes, of the stage that gathers most
  int64_t widest = 0;        // features of its widest value
  int64_t tuning = 0;        // bytes, while the layer is tuned
};

class Pricer {
 public:
  Pricer(const ModelGraph& graph, const NameIndex& names, Plan& plan) : graph_(graph), names_(names), plan_(plan) {
    width_ = residual_width(graph);
    for (const CalibrationSource& source : plan.calibration->data.sources) tokens_ += source.samples * plan.calibration->data.length;
    element_ = plan.device == "cpu" ? 4 : size_of(graph.dtype);
    streams_ = runs_original(plan) ? 2 : 1;
  }

  void price() {
    PlannedCalibration& calibration = *plan_.calibration;
    calibration.stream_bytes = int64_t(waiting_widths * double(streams_ * tokens_ * width_ * element_));
    int64_t host = 0, device = 0;
    double flops = 0;
    // A look at all layers of the unchanged model, on a state that goes before the work begins.
    const double looks = surveys(plan_) ? 1 : 0;
    for (UnitCalibration& unit : calibration.units) {
      const Layer layer = measure(unit);
      const double of_instance = tokens_ > 0 ? double(streams_ * tokens_) * layer.flops * recomputed + looks * double(tokens_) * layer.flops + layer.solve_flops : layer.solve_flops;
      for (CalibrationStage& stage : unit.stages) stage.flops = of_instance / double(unit.stages.size());
      flops += of_instance * double(plan_.units[unit.unit].instances.size());
      // Values of one tile as products make them, weights as they are computed with, float32 copies while one is solved.
      const int64_t tile = tokens_ > 0 ? calibration.tile * element_ * 3 * layer.widest : 0;
      const int64_t computing = streams_ * (tile + layer.weights * element_) + layer.largest * 16 + std::max(layer.statistics, layer.tuning);
      const int64_t kept = layer.weights * 2;  // codes and what is written of them
      unit.host_live = plan_.device == "cpu" ? computing + kept : kept + layer.weights * size_of(graph_.dtype);
      // Beside the tile that is computed, two come and go.
      unit.device_live = plan_.device == "cpu" ? 0 : computing + device_fixed + 6 * streams_ * calibration.tile * width_ * element_;
      host = std::max(host, unit.host_live);
      device = std::max(device, unit.device_live);
    }
    Prediction& predicted = plan_.predicted;
    const double rate = plan_.device == "cpu" ? cpu_flops * std::max(1, plan_.workers) : cuda_flops;
    predicted.flops += flops;
    predicted.seconds += flops / rate;
    predicted.host_peak = std::max(predicted.host_peak, plan_.fixed_bytes + calibration.stream_bytes + host);
    predicted.device_peak = std::max(predicted.device_peak, device);
    for (Alternative& one : predicted.alternatives) {
      one.seconds += flops / rate;
      if (predicted.host_peak > one.host_peak) one.host_peak = predicted.host_peak, one.set_by = "the calibration's rows and one layer";
      one.device_peak = std::max(one.device_peak, predicted.device_peak);
    }
  }

 private:
  Layer measure(const UnitCalibration& calibration) const {
    const Unit& unit = plan_.units[calibration.unit];
    const std::string& path = unit.instances.front();
    Layer layer;
    for (const CalibrationStage& stage : calibration.stages) {
      std::set<int64_t> widths;
      int64_t bytes = 0;
      for (uint32_t j : stage.jobs) {
        const Job& job = unit.jobs[j];
        for (const std::string& name : job.modules) {
          const Module& module =
              graph_.modules[size_t(names_.module(name_in(path, name, job.experts > 0 ? job.first_expert : -1)))];
          const int64_t elements = module.out * module.in, count = times(job);
          if (module.kind == ModuleKind::Embedding) continue;
          layer.weights += elements * count;
          layer.largest = std::max(layer.largest, elements);
          layer.widest = std::max({layer.widest, module.in, 2 * module.out});
          layer.flops += 2.0 * double(elements) * double(count);
          layer.solve_flops += double(elements) * double(module.in) * double(count);
          const bool by_itself = job.experts > 0 && module.in != width_;
          const int64_t moments = by_itself ? count : int64_t(widths.insert(module.in).second);
          const int64_t cross = !approaches_original(plan_, job) ? 0 : by_itself ? 8 : cross_bytes;
          bytes += moments * module.in * module.in * ((by_itself ? 8 : moment_bytes) + cross);
          layer.flops += double(moments) * 1.2 * double(module.in) * double(module.in);
        }
      }
      layer.statistics = std::max(layer.statistics, bytes);
    }
    for (const CalibrationStage& stage : calibration.stages)
      for (uint32_t j : stage.jobs) add_tuning(unit, unit.jobs[j], layer);
    return layer;
  }

  // Steps of a stack that tunes, once a layer; what each weight takes meanwhile.
  void add_tuning(const Unit& unit, const Job& job, Layer& layer) const {
    if (job.stack.empty()) return;
    const Algorithm& solver = plan_.stacks.at(job.stack).solver;
    if (solver.name != "autoround") return;
    const int64_t tokens = std::get<int64_t>(solver.parameters.at("batch")) * plan_.calibration->data.length;
    if (layer.tuning == 0) {
      layer.tuning = tokens * layer.widest * saved_widths * element_;
      layer.solve_flops += double(std::get<int64_t>(solver.parameters.at("steps"))) * double(tokens) * layer.flops * there_and_back;
    }
    for (const std::string& name : job.modules) {
      const auto number = names_.module(name_in(unit.instances.front(), name, job.experts > 0 ? job.first_expert : -1));
      layer.tuning += graph_.modules[size_t(number)].out * graph_.modules[size_t(number)].in * times(job) * tuned_bytes;
    }
  }

  const ModelGraph& graph_;
  const NameIndex& names_;
  Plan& plan_;
  int64_t width_ = 1, tokens_ = 0, element_ = 4;
  int64_t streams_ = 1;  // models that run on the rows side by side
};

bool fits(const char* place, Span span, int64_t limit, int64_t peak, Diagnostics& diagnostics) {
  if (peak <= limit) return true;
  report_short({span, place, limit, peak, "calibration (the rows between passes, one layer's weights and statistics)",
                ", or calibrate on fewer or shorter rows"},
               diagnostics);
  return false;
}

}  // namespace

bool price_calibration(const ReadSchedule& schedule, const ModelGraph& graph, const NameIndex& names, Plan& plan,
                       Diagnostics& diagnostics) {
  if (!plan.calibration) return true;
  Pricer(graph, names, plan).price();
  return fits("host memory", schedule.host_span, schedule.limits.host, plan.predicted.host_peak, diagnostics) &&
         fits("device memory", schedule.device_span, schedule.limits.device, plan.predicted.device_peak, diagnostics);
}

}  // namespace lcr
