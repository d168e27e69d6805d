#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source.h"
#include "planner/plan/plan.h"

// What a finished run tells about itself: from the plan and the events that lie in its output folder.
namespace lcr {

// What was measured of one module. Errors are relative, in the Frobenius norm.
struct ModuleMetric {
  std::string module, precision, stack;
  double error = 0;                     // of the weight
  std::optional<double> output_error;   // of the module's outputs, where calibration saw them
  std::optional<double> decibels;       // signal to noise of the weight; absent: nothing was lost
  std::string rule, place;              // that decided; empty: not known any more
};

// A line of the precision map: one kind of module over the layers of one stack.
struct MapRow {
  std::string name;  // "mlp.down_proj"; `{e}` stands for all experts
  // One a layer of the stack; empty: the layer has no such module.
  std::vector<std::string> precisions;
  std::vector<double> bits;    // of the codes; 0: no such module
  std::vector<double> errors;  // the largest of the layer; negative: not measured
};
struct PrecisionMap {
  std::string stack;             // "model.layers"
  std::vector<int64_t> layers;   // their numbers
  std::vector<MapRow> rows;
};

struct SizeRow {
  std::string precision;
  int64_t modules = 0, before = 0, after = 0;
};

// What pruning took from one layer where layers differ.
struct PrunedLayer {
  std::string layer, pruning;
  double share = 0;                // removed, 0..1
  std::vector<int64_t> experts;    // removed, by their numbers in the source; empty: weights, not experts
};

// Scales of one cache format.
struct CacheRow {
  std::string cache, format, algorithm;
  int64_t points = 0;            // that the run found scales for
  double least = 0, most = 0;    // of them; 0 without any
};

// Tokens that the router sent to the experts of one layer on the calibration data.
struct ExpertRow {
  std::string module;
  int64_t experts = 0, least = 0, median = 0, most = 0, coverage = 1;
  std::vector<int64_t> starved;  // experts that got fewer than `coverage`
};

struct EvaluationResult {
  std::string file;
  double perplexity = 0, nll = 0;
  int64_t tokens = 0, windows = 0;
  std::optional<double> kl, top1;
};

// A row of lm-evaluation-harness.
struct BenchmarkRow {
  std::string task, version, filter, shots, metric;
  double value = 0;
  std::optional<double> error;  // standard error
};
struct Benchmarks {
  std::string file;
  std::vector<BenchmarkRow> rows;
};

// What became of some modules. Names stand for many: ranges of layers, `{e}` for experts.
struct AssignmentRow {
  std::vector<std::string> names;
  std::string precision, stack;  // `stack` is empty for what is copied or decoded
};

// Something that happened: a stretch of time, or an instant of 0 seconds.
struct Moment {
  std::string track, name;  // what it is drawn with: "run", "calibration", "files", "modules", "warnings"
  double begin = 0, seconds = 0;
};

// Seconds of workers, summed over all of them and all exports.
struct WorkerSeconds {
  double all = 0, reading = 0, writing = 0;
  double waiting = 0;  // for layers that are still calibrated
};
// Seconds of the calibration.
struct CalibrationSeconds {
  double all = 0, passes = 0, smoothing = 0, solving = 0, writing = 0;
};

// What the process held at one moment of the run; seconds of all processes follow each other without a gap.
struct MemoryPoint {
  double seconds = 0;
  int64_t host = 0;  // bytes
};

struct RunReport {
  std::string recipe, recipe_file, model, architecture, tool, device, out, run, status;
  std::vector<Origin> origins;
  std::vector<std::string> stacks;        // of the plan, as the language writes them
  std::vector<ModuleMetric> metrics;      // in order of their names; the last one of a module that was made twice
  std::vector<PrecisionMap> maps;
  std::optional<PlannedAllocation> allocation;  // of a budget
  std::vector<PrunedLayer> pruned;        // in the order of the layers
  std::vector<SizeRow> sizes;
  std::vector<CacheRow> caches;
  std::vector<ExpertRow> experts;
  int64_t size_before = 0, size_after = 0;
  size_t exports = 1;                     // that `after` counts together
  Prediction predicted;
  int64_t moved = 0;                      // bytes between host and device, predicted
  std::optional<int64_t> host_peak, device_peak;
  std::vector<MemoryPoint> memory;        // in order of time; a few hundred at most, peaks kept
  std::vector<Moment> timeline;           // in order of their ends
  WorkerSeconds workers;
  CalibrationSeconds calibration;
  bool calibrated = false;                // files of the model are also mapped, and `bytes_read` does not count that
  double seconds = 0;                     // of all processes of the run together
  int64_t bytes_read = 0, bytes_written = 0;
  int processes = 0;                      // one, and one for each time that it was resumed
  std::vector<std::string> warnings;
  std::optional<EvaluationResult> evaluation;
  std::vector<Benchmarks> benchmarks;
  std::vector<AssignmentRow> assignment;
  std::vector<std::string> commands;      // that make the same output again
  std::string rules_unknown;              // why metrics have no rules; empty: they have

  // Indices into `metrics`, the largest errors first.
  std::vector<size_t> worst(size_t count) const;
};

// Reads OUT/.lcr. `plan` is what stands there; events are read line by line, a last line that was cut off is left out.
// Reports what is no record of a run.
std::optional<RunReport> read_report(const std::string& out, const Plan& plan, const std::string& events,
                                     Diagnostics& diagnostics);

// What of a report follows from the plan alone.
RunReport planned_report(const Plan& plan);

// Adds what a file of results says: that of `lcr eval --format json`, or of lm-evaluation-harness. Reports L0022 for
// anything else.
bool add_results(const std::string& file, const std::string& text, RunReport& report, Diagnostics& diagnostics);

std::string report_markdown(const RunReport& report);
// One file without references to others; drawings are SVG.
std::string report_html(const RunReport& report);
std::string report_json(const RunReport& report);
// The run over time in the trace event format that Perfetto and chrome://tracing read.
std::string report_trace(const RunReport& report);

}  // namespace lcr
