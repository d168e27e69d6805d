#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "planner/plan/ranges.h"
#include "planner/plan/yaml.h"
#include "planner/plan/yaml_allocation.h"
#include "planner/plan/yaml_calibration.h"
#include "planner/plan/yaml_words.h"

namespace lcr {
namespace {

using namespace plan_words;

// Shortest text that reads back to the same number, and that no reader takes for a whole one.
std::string exact(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".einf") == std::string::npos) text += ".0";
  return text;
}

class Writer {
 public:
  std::string write(const Plan& plan) {
    out_ << YAML::BeginMap;
    entry("lcr-plan", fmt::format("{}.{}", plan.major, plan.minor));
    entry("tool", plan.tool);
    entry("recipe", plan.recipe);
    entry("model", plan.model);
    entry("architecture", plan.architecture);
    if (!plan.architecture_file.empty()) entry("architecture-file", plan.architecture_file);
    origins(plan);
    entry("device", plan.device);
    entry("workers", plan.workers);
    entry("tile-bytes", plan.tile_bytes);
    entry("fixed-bytes", plan.fixed_bytes);
    entry("checkpoint-seconds", exact(plan.checkpoint_seconds));
    budget(plan.budget);
    predicted(plan.predicted);
    recipes(plan);
    rewrites(plan);
    if (plan.calibration) {
      out_ << YAML::Key << "calibration" << YAML::Value;
      write_calibration(out_, *plan.calibration);
    }
    if (plan.allocation) {
      out_ << YAML::Key << "allocation" << YAML::Value;
      write_allocation(out_, *plan.allocation);
    }
    begin_list("units", plan.units);
    for (const Unit& one : plan.units) unit(one);
    out_ << YAML::EndSeq;
    if (!plan.untied.empty()) list("untied", plan.untied);
    begin_list("exports", plan.exports);
    for (const PlannedExport& one : plan.exports) exported(one);
    out_ << YAML::EndSeq << YAML::EndMap;
    return std::string(out_.c_str(), out_.size()) + "\n";
  }

 private:
  // Empty ones on one line.
  template <class Values>
  void begin_list(std::string_view key, const Values& values) {
    out_ << YAML::Key << std::string(key) << YAML::Value;
    if (values.empty()) out_ << YAML::Flow;
    out_ << YAML::BeginSeq;
  }
  template <class Values>
  void begin_map(std::string_view key, const Values& values) {
    out_ << YAML::Key << std::string(key) << YAML::Value;
    if (values.empty()) out_ << YAML::Flow;
    out_ << YAML::BeginMap;
  }
  template <class Value>
  void entry(std::string_view key, const Value& value) {
    out_ << YAML::Key << std::string(key) << YAML::Value << value;
  }
  void list(std::string_view key, const std::vector<std::string>& values) {
    begin_list(key, values);
    for (const std::string& value : values) out_ << value;
    out_ << YAML::EndSeq;
  }
  // On one line.
  template <class Value>
  void row(std::string_view key, const std::vector<Value>& values) {
    out_ << YAML::Key << std::string(key) << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const Value& value : values) out_ << value;
    out_ << YAML::EndSeq;
  }
  void open_flow() { out_ << YAML::Flow << YAML::BeginMap; }
  void close() { out_ << YAML::EndMap; }

  void origins(const Plan& plan) {
    begin_list("origins", plan.origins);
    for (const Origin& origin : plan.origins) {
      open_flow();
      entry("kind", origin.kind);
      entry("name", origin.name);
      entry("hash", fmt::format("{:016x}", origin.hash));
      close();
    }
    out_ << YAML::EndSeq;
  }

  void budget(const MemoryBudget& budget) {
    out_ << YAML::Key << "budget" << YAML::Value;
    open_flow();
    for (const auto& [key, value] : {std::pair("host", budget.host), std::pair("pinned", budget.pinned),
                                     std::pair("device", budget.device), std::pair("disk", budget.disk)})
      if (value) entry(key, *value);
    entry("reserve", budget.reserve);
    close();
  }

  void predicted(const Prediction& predicted) {
    out_ << YAML::Key << "predicted" << YAML::Value << YAML::BeginMap;
    entry("host-peak", predicted.host_peak);
    entry("device-peak", predicted.device_peak);
    entry("bytes-read", predicted.bytes_read);
    entry("bytes-written", predicted.bytes_written);
    entry("flops", exact(predicted.flops));
    entry("seconds", exact(predicted.seconds));
    begin_list("alternatives", predicted.alternatives);
    for (const Alternative& one : predicted.alternatives) {
      open_flow();
      entry("name", one.name);
      entry("host-peak", one.host_peak);
      entry("device-peak", one.device_peak);
      entry("seconds", exact(one.seconds));
      entry("set-by", one.set_by);
      close();
    }
    out_ << YAML::EndSeq << YAML::EndMap;
  }

  void format(std::string_view key, const std::optional<Format>& format) {
    if (!format) return;
    out_ << YAML::Key << std::string(key) << YAML::Value;
    open_flow();
    entry("element", word(elements, format->element));
    entry("bits", format->bits);
    entry("per", word(areas, format->per));
    if (format->group != 0) entry("group", format->group);
    if (format->block_rows != 0 || format->block_columns != 0)
      row("block", std::vector{format->block_rows, format->block_columns});
    entry("symmetric", format->symmetric);
    entry("scale", word(scales, format->scale));
    entry("global", format->global);
    entry("dynamic", format->dynamic);
    close();
  }

  void parameter(const ParameterValue& value) {
    if (const auto* number = std::get_if<double>(&value)) {
      out_ << exact(*number);
    } else if (const auto* count = std::get_if<int64_t>(&value)) {
      out_ << *count;
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      out_ << YAML::DoubleQuoted << *text;
    } else if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
      out_ << YAML::Flow << YAML::BeginSeq;
      for (const std::string& one : *texts) out_ << YAML::DoubleQuoted << one;
      out_ << YAML::EndSeq;
    } else if (const auto* selection = std::get_if<SelectionRef>(&value)) {
      open_flow();
      entry("selection", selection->index);
      close();
    } else {
      const Observer& observer = std::get<Observer>(value);
      open_flow();
      entry("observer", observer.name);
      entry("exponent", observer.exponent);
      for (const auto& [name, number] : observer.parameters) entry(name, exact(number));
      close();
    }
  }

  void algorithm(const Algorithm& algorithm) {
    open_flow();
    entry("name", algorithm.name);
    for (const auto& [name, value] : algorithm.parameters) {
      out_ << YAML::Key << name << YAML::Value;
      parameter(value);
    }
    close();
  }

  void recipes(const Plan& plan) {
    begin_map("precisions", plan.precisions);
    for (const auto& [key, precision] : plan.precisions) {
      out_ << YAML::Key << key << YAML::Value << YAML::BeginMap;
      entry("name", precision.name);
      format("weights", precision.weights);
      format("input", precision.input);
      format("output", precision.output);
      entry("container", word(containers, precision.container));
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndMap;
    begin_map("stacks", plan.stacks);
    for (const auto& [key, stack] : plan.stacks) {
      out_ << YAML::Key << key << YAML::Value << YAML::BeginSeq;
      for (const Algorithm& transform : stack.transforms) algorithm(transform);
      algorithm(stack.solver);
      out_ << YAML::EndSeq;
    }
    out_ << YAML::EndMap;
  }

  // What a plan without them leaves out.
  void rewrites(const Plan& plan) {
    if (!plan.prunings.empty()) begin_map("prunings", plan.prunings);
    for (const auto& [key, pruning] : plan.prunings) {
      out_ << YAML::Key << key << YAML::Value << YAML::BeginMap;
      if (pruning.of > 0) row("keep", std::vector{pruning.keep, pruning.of});
      if (pruning.share > 0) entry("share", exact(pruning.share));
      out_ << YAML::Key << "with" << YAML::Value;
      algorithm(pruning.algorithm);
      out_ << YAML::EndMap;
    }
    if (!plan.prunings.empty()) out_ << YAML::EndMap;
    if (!plan.caches.empty()) begin_map("caches", plan.caches);
    for (const auto& [key, cache] : plan.caches) {
      out_ << YAML::Key << key << YAML::Value << YAML::BeginMap;
      format("format", cache.format);
      out_ << YAML::Key << "with" << YAML::Value;
      algorithm(cache.solver);
      out_ << YAML::EndMap;
    }
    if (!plan.caches.empty()) out_ << YAML::EndMap;
    if (!plan.matrices.empty()) begin_map("matrices", plan.matrices);
    for (const auto& [name, matrix] : plan.matrices) {
      out_ << YAML::Key << name << YAML::Value;
      open_flow();
      entry("kind", matrix.kind);
      entry("size", matrix.size);
      if (matrix.seed != 0) entry("seed", matrix.seed);
      close();
    }
    if (!plan.matrices.empty()) out_ << YAML::EndMap;
    if (plan.rotations.empty()) return;
    begin_list("rotations", plan.rotations);
    for (const Rotation& one : plan.rotations) rotation(one);
    out_ << YAML::EndSeq;
  }

  void rotation(const Rotation& one) {
    out_ << YAML::BeginMap;
    entry("space", one.space);
    entry("kind", one.kind);
    entry("size", one.size);
    if (one.seed != 0) entry("seed", one.seed);
    if (one.steps != 0) entry("steps", one.steps);
    if (one.samples != 0) entry("samples", one.samples);
    if (one.rate != 0) entry("rate", exact(one.rate));
    if (!one.places.empty()) list("places", with_ranges(one.places));
    out_ << YAML::EndMap;
  }

  void transform(const TransformGroupText& group) {
    out_ << YAML::BeginMap;
    entry("name", group.name);
    entry("type", group.type);
    if (group.head_dim != 0) entry("head-dim", group.head_dim);
    begin_list("apply", group.apply);
    for (const TransformGroupText::Apply& one : group.apply) {
      out_ << YAML::BeginMap;
      entry("location", one.location);
      if (one.inverse) entry("inverse", true);
      row("targets", one.targets);
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndSeq << YAML::EndMap;
  }

  void unit(const Unit& unit) {
    out_ << YAML::BeginMap;
    entry("name", unit.name);
    list("instances", with_ranges(unit.instances));
    begin_list("jobs", unit.jobs);
    for (const Job& one : unit.jobs) job(one);
    out_ << YAML::EndSeq << YAML::EndMap;
  }

  void job(const Job& job) {
    out_ << YAML::BeginMap;
    if (!job.modules.empty()) row("modules", job.modules);
    if (!job.tensors.empty()) row("tensors", job.tensors);
    if (!job.points.empty()) row("points", job.points);
    if (!job.matrices.empty()) row("matrices", job.matrices);
    if (job.experts > 0) row("experts", std::vector{job.first_expert, job.first_expert + job.experts - 1});
    if (!job.precision.empty()) entry("precision", job.precision);
    if (!job.stack.empty()) entry("stack", job.stack);
    if (!job.prune.empty()) entry("prune", job.prune);
    if (!job.cache.empty()) entry("cache", job.cache);
    if (job.dequantize) entry("dequantize", true);
    if (job.calibrated) entry("calibrated", true);
    if (job.folding != Folding::None) entry("folding", word(foldings, job.folding));
    if (job.tile_rows != 0) entry("tile-rows", job.tile_rows);
    if (job.passes != 1) entry("passes", job.passes);
    begin_list("operations", job.operations);
    for (const Operation& operation : job.operations) {
      open_flow();
      entry("do", word(operations, operation.kind));
      entry("at", word(places, operation.place));
      if (!operation.after.empty()) row("after", operation.after);
      entry("in", operation.bytes_in);
      entry("out", operation.bytes_out);
      entry("live", operation.live);
      if (operation.flops != 0) entry("flops", exact(operation.flops));
      close();
    }
    out_ << YAML::EndSeq << YAML::EndMap;
  }

  void exported(const PlannedExport& exported) {
    out_ << YAML::BeginMap;
    entry("format", exported.format);
    entry("dir", exported.dir);
    if (!exported.dtype.empty()) entry("dtype", exported.dtype);
    entry("bytes", exported.bytes);
    entry("config-format", exported.config_format);
    begin_list("groups", exported.groups);
    for (const ConfigGroupText& group : exported.groups) {
      out_ << YAML::BeginMap;
      entry("precision", group.precision);
      entry("format", group.format);
      list("targets", group.targets);
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndSeq;
    list("ignore", exported.ignore);
    if (!exported.transforms.empty()) {
      begin_list("transforms", exported.transforms);
      for (const TransformGroupText& one : exported.transforms) transform(one);
      out_ << YAML::EndSeq;
    }
    if (!exported.cache.empty()) entry("cache", exported.cache);
    if (!exported.queries.empty()) entry("queries", exported.queries);
    if (!exported.attention.empty()) entry("attention", exported.attention);
    begin_list("files", exported.shards);
    for (const OutputShard& one : exported.shards) shard(one);
    out_ << YAML::EndSeq << YAML::EndMap;
  }

  void shard(const OutputShard& shard) {
    out_ << YAML::BeginMap;
    entry("name", shard.file);
    entry("bytes", shard.bytes);
    entry("tensors", shard.tensors);
    begin_list("runs", shard.runs);
    for (const ShardRun& run : shard.runs) {
      open_flow();
      entry("unit", run.unit);
      entry("instance", run.instance);
      row("jobs", std::vector{run.first_job, run.last_job});
      if (run.last_expert >= run.first_expert) row("experts", std::vector{run.first_expert, run.last_expert});
      close();
    }
    out_ << YAML::EndSeq << YAML::EndMap;
  }

  YAML::Emitter out_;
};

}  // namespace

std::string write_plan(const Plan& plan) { return Writer().write(plan); }

}  // namespace lcr
