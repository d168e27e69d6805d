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

struct EvaluationResult {
  std::string file;
  double perplexity = 0, nll = 0;
  int64_t tokens = 0, windows = 0;
  std::optional<double> kl, top1;
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
  std::vector<PrunedLayer> pruned;        // in the order of the layers
  std::vector<SizeRow> sizes;
  int64_t size_before = 0, size_after = 0;
  size_t exports = 1;                     // that `after` counts together
  Prediction predicted;
  std::optional<int64_t> host_peak, device_peak;
  std::vector<MemoryPoint> memory;        // in order of time; a few hundred at most, peaks kept
  double seconds = 0;                     // of all processes of the run together
  int64_t bytes_read = 0, bytes_written = 0;
  int processes = 0;                      // one, and one for each time that it was resumed
  std::vector<std::string> warnings;
  std::optional<EvaluationResult> evaluation;
  std::vector<std::string> commands;      // that make the same output again
  std::string rules_unknown;              // why metrics have no rules; empty: they have

  // Indices into `metrics`, the largest errors first.
  std::vector<size_t> worst(size_t count) const;
};

// Reads OUT/.lcr. `plan` is what stands there; events are read line by line, a last line that was cut off is left out.
// Reports what is no record of a run.
std::optional<RunReport> read_report(const std::string& out, const Plan& plan, const std::string& events,
                                     Diagnostics& diagnostics);

// The result of `lcr eval --format json`.
std::optional<EvaluationResult> read_evaluation(const std::string& file, const std::string& text,
                                                Diagnostics& diagnostics);

std::string report_markdown(const RunReport& report);
// One file without references to others; drawings are SVG.
std::string report_html(const RunReport& report);
std::string report_json(const RunReport& report);

}  // namespace lcr
