#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/planning.h"
#include "planner/machine/yaml_read.h"
#include "planner/plan/ranges.h"
#include "planner/plan/structure.h"
#include "planner/plan/yaml.h"
#include "planner/plan/yaml_allocation.h"
#include "planner/plan/yaml_calibration.h"
#include "planner/plan/yaml_words.h"

namespace lcr {
namespace {

using namespace plan_words;

// Beyond these no plan is meant: 64 PiB, 2^40 rows, 2^20 layers.
constexpr int64_t most_bytes = int64_t{1} << 56;
constexpr int64_t most_rows = int64_t{1} << 40;
constexpr size_t most_instances = size_t{1} << 20;
constexpr double most_flops = 1e30, most_seconds = 1e12;

class Parser {
 public:
  Parser(const Sources& sources, uint32_t file, Diagnostics& diagnostics)
      : reader_(sources, file, codes::L5007, diagnostics), diagnostics_(diagnostics), file_(file) {}

  std::optional<Plan> parse() {
    const auto document = reader_.load();
    if (!document) return std::nullopt;
    Plan plan;
    YamlMap map(reader_, *document, "plan");
    if (!version(map, plan)) return std::nullopt;
    plan.tool = map.text("tool");
    plan.recipe = map.text("recipe");
    plan.model = map.text("model");
    plan.architecture = map.text("architecture");
    if (const auto file = map.optional("architecture-file"))
      plan.architecture_file = reader_.text(*file, "architecture-file");
    each(map.required("origins"), "origins", [&](const YAML::Node& node) { plan.origins.push_back(origin(node)); });
    plan.device = map.text("device");
    plan.workers = int(map.integer("workers", 1, 1 << 20));
    plan.tile_bytes = map.integer("tile-bytes", 1, most_bytes);
    plan.fixed_bytes = map.integer("fixed-bytes", 0, most_bytes);
    plan.checkpoint_seconds = map.number("checkpoint-seconds", 0, most_seconds);
    if (const auto node = map.required("budget")) plan.budget = budget(*node);
    if (const auto node = map.required("predicted")) plan.predicted = predicted(*node);
    named(map.required("precisions"), "precisions",
          [&](const std::string& key, const YAML::Node& node) { plan.precisions[key] = precision(node); });
    named(map.required("stacks"), "stacks",
          [&](const std::string& key, const YAML::Node& node) { plan.stacks[key] = stack(node); });
    rewrites(map, plan);
    if (const auto node = map.optional("calibration")) plan.calibration = read_calibration(reader_, *node);
    if (const auto node = map.optional("allocation")) plan.allocation = read_allocation(reader_, *node);
    each(map.required("units"), "units", [&](const YAML::Node& node) { plan.units.push_back(unit(node)); });
    if (const auto node = map.optional("untied")) plan.untied = reader_.texts(*node, "untied");
    each(map.required("exports"), "exports", [&](const YAML::Node& node) { plan.exports.push_back(exported(node)); });
    map.close();
    if (reader_.failed()) return std::nullopt;
    return plan;
  }

 private:
  template <class Item>
  void each(const std::optional<YAML::Node>& node, std::string_view what, Item item) {
    if (!node || !reader_.is_list(*node, what)) return;
    for (const YAML::Node& one : *node) item(one);
  }
  template <class Item>
  void named(const std::optional<YAML::Node>& node, std::string_view what, Item item) {
    if (!node || !reader_.is_map(*node, what)) return;
    std::vector<std::string> known;
    for (const auto& one : *node) {
      known.push_back(reader_.text(one.first, what));
      if (std::count(known.begin(), known.end(), known.back()) > 1)
        reader_.fail(one.first, fmt::format("`{}` stands twice in `{}`", known.back(), what));
      item(known.back(), one.second);
    }
  }
  template <class Value>
  Value one_of(YamlMap& map, std::string_view key, const Words<Value>& words) {
    const auto node = map.required(key);
    if (!node) return words.front().second;
    const std::string text = reader_.text(*node, key);
    std::vector<std::string> names;
    for (const auto& [name, value] : words) {
      if (name == text) return value;
      names.emplace_back(name);
    }
    reader_.fail(*node, fmt::format("`{}` is no `{}`", text, key), fmt::format("one of {}", fmt::join(names, ", ")));
    return words.front().second;
  }
  // Two whole numbers in a list.
  std::pair<int64_t, int64_t> pair(const YAML::Node& node, std::string_view what, int64_t high) {
    if (!reader_.is_list(node, what)) return {};
    if (node.size() != 2)
      return reader_.fail(node, fmt::format("`{}` has {} numbers where two stand", what, node.size())),
             std::pair<int64_t, int64_t>();
    return {reader_.integer(node[0], what, 0, high), reader_.integer(node[1], what, 0, high)};
  }

  bool version(YamlMap& map, Plan& plan) {
    const auto node = map.required("lcr-plan");
    if (!node) return false;
    const std::string text = reader_.text(*node, "lcr-plan");
    const size_t dot = text.find('.');
    const char* end = text.data() + text.size();
    const char* middle = text.data() + std::min(dot, text.size());
    const auto major = std::from_chars(text.data(), middle, plan.major);
    const bool good = dot != std::string::npos && major.ec == std::errc() && major.ptr == middle;
    const auto minor = good ? std::from_chars(middle + 1, end, plan.minor)
                            : std::from_chars_result{nullptr, std::errc::invalid_argument};
    if (!good || minor.ec != std::errc() || minor.ptr != end || plan.minor < 0) {
      reader_.fail(*node, fmt::format("`{}` is no version of a plan", text));
      return false;
    }
    if (plan.major == plan_major && plan.minor <= plan_minor) return true;
    diagnostics_
        .report(codes::L5008, Span{file_, 0, 1},
                fmt::format("the plan has version {}, this program reads up to {}.{}", text, plan_major, plan_minor))
        .help("make the plan again with `lcr plan`");
    return false;
  }

  Origin origin(const YAML::Node& node) {
    YamlMap map(reader_, node, "origins");
    Origin origin{map.text("kind"), map.text("name"), 0};
    const std::string hash = map.text("hash");
    const auto [end, error] = std::from_chars(hash.data(), hash.data() + hash.size(), origin.hash, 16);
    if (hash.size() != 16 || error != std::errc() || end != hash.data() + hash.size())
      reader_.fail(node, fmt::format("`{}` is no hash of 16 hexadecimal digits", hash));
    map.close();
    return origin;
  }

  MemoryBudget budget(const YAML::Node& node) {
    YamlMap map(reader_, node, "budget");
    MemoryBudget budget;
    const auto limit = [&](std::string_view key, std::optional<int64_t>& value) {
      if (const auto entry = map.optional(key)) value = reader_.integer(*entry, key, 0, most_bytes);
    };
    limit("host", budget.host);
    limit("pinned", budget.pinned);
    limit("device", budget.device);
    limit("disk", budget.disk);
    budget.reserve = map.integer("reserve", 0, most_bytes);
    map.close();
    return budget;
  }

  Prediction predicted(const YAML::Node& node) {
    YamlMap map(reader_, node, "predicted");
    Prediction result;
    result.host_peak = map.integer("host-peak", 0, most_bytes);
    result.device_peak = map.integer("device-peak", 0, most_bytes);
    result.bytes_read = map.integer("bytes-read", 0, most_bytes);
    result.bytes_written = map.integer("bytes-written", 0, most_bytes);
    result.flops = map.number("flops", 0, most_flops);
    result.seconds = map.number("seconds", 0, most_seconds);
    each(map.required("alternatives"), "alternatives", [&](const YAML::Node& entry) {
      YamlMap one(reader_, entry, "alternatives");
      result.alternatives.push_back({one.text("name"), one.integer("host-peak", 0, most_bytes),
                                     one.integer("device-peak", 0, most_bytes), one.number("seconds", 0, most_seconds),
                                     one.text("set-by")});
      one.close();
    });
    map.close();
    return result;
  }

  std::optional<Format> format(YamlMap& parent, std::string_view key) {
    const auto node = parent.optional(key);
    if (!node) return std::nullopt;
    YamlMap map(reader_, *node, key);
    Format format;
    format.element = one_of(map, "element", elements);
    format.bits = int(map.integer("bits", 1, 16));
    format.per = one_of(map, "per", areas);
    if (const auto group = map.optional("group")) format.group = reader_.integer(*group, "group", 1, most_rows);
    if (const auto block = map.optional("block"))
      std::tie(format.block_rows, format.block_columns) = pair(*block, "block", most_rows);
    format.symmetric = map.boolean("symmetric");
    format.scale = one_of(map, "scale", scales);
    format.global = map.boolean("global");
    format.dynamic = map.boolean("dynamic");
    map.close();
    return format;
  }

  Precision precision(const YAML::Node& node) {
    YamlMap map(reader_, node, "precisions");
    Precision precision;
    precision.name = map.text("name");
    precision.weights = format(map, "weights");
    precision.input = format(map, "input");
    precision.output = format(map, "output");
    precision.container = one_of(map, "container", containers);
    map.close();
    return precision;
  }

  // The writer quotes every text and gives every number of type double a point or an exponent.
  ParameterValue parameter(const YAML::Node& node, std::string_view what) {
    if (node.IsSequence()) return reader_.texts(node, what);
    if (node.IsScalar() && quoted(node)) return node.Scalar();
    if (node.IsScalar() && node.Scalar().find_first_not_of("-0123456789") == std::string::npos)
      return reader_.integer(node, what, INT64_MIN, INT64_MAX);
    if (node.IsScalar()) return reader_.number(node, what, -1e300, 1e300);
    if (node.IsMap() && node["selection"]) {
      YamlMap map(reader_, node, what);
      const SelectionRef selection{size_t(map.integer("selection", 0, most_rows))};
      map.close();
      return selection;
    }
    Observer observer;
    YamlMap map(reader_, node, what);
    observer.name = map.text("observer");
    observer.exponent = map.text("exponent");
    for (const auto& entry : node) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
      if (name == "observer" || name == "exponent") continue;
      if (const auto value = map.optional(name))
        observer.parameters[name] = reader_.number(*value, name, -1e300, 1e300);
    }
    map.close();
    return observer;
  }

  Algorithm algorithm(const YAML::Node& node) {
    Algorithm algorithm;
    named(node, "algorithm", [&](const std::string& key, const YAML::Node& value) {
      if (key == "name")
        algorithm.name = reader_.text(value, key);
      else
        algorithm.parameters[key] = parameter(value, key);
    });
    if (algorithm.name.empty()) reader_.fail(node, "an algorithm has no `name`");
    return algorithm;
  }

  Stack stack(const YAML::Node& node) {
    std::vector<Algorithm> algorithms;
    each(node, "stacks", [&](const YAML::Node& entry) { algorithms.push_back(algorithm(entry)); });
    if (algorithms.empty()) return reader_.fail(node, "a stack has no algorithms"), Stack();
    Stack stack;
    stack.solver = std::move(algorithms.back());
    algorithms.pop_back();
    stack.transforms = std::move(algorithms);
    return stack;
  }

  // Texts with the ranges in them written out.
  std::vector<std::string> names(const YAML::Node& node, std::string_view key) {
    auto found = without_ranges(reader_.texts(node, key), most_instances);
    if (!found) return reader_.fail(node, fmt::format("`{}` stands for more than {} names", key, most_instances)), std::vector<std::string>();
    return reader_.count(node, int64_t(found->size())) ? std::move(*found) : std::vector<std::string>();
  }

  Unit unit(const YAML::Node& node) {
    YamlMap map(reader_, node, "units");
    Unit unit;
    unit.name = map.text("name");
    if (const auto instances = map.required("instances")) unit.instances = names(*instances, "instances");
    each(map.required("jobs"), "jobs", [&](const YAML::Node& entry) { unit.jobs.push_back(job(entry)); });
    map.close();
    return unit;
  }

  void rewrites(YamlMap& map, Plan& plan) {
    named(map.optional("prunings"), "prunings", [&](const std::string& key, const YAML::Node& node) {
      YamlMap one(reader_, node, "prunings");
      Pruning pruning;
      if (const auto keep = one.optional("keep")) std::tie(pruning.keep, pruning.of) = pair(*keep, "keep", most_rows);
      if (const auto share = one.optional("share")) pruning.share = reader_.number(*share, "share", 0, 1);
      if (const auto with = one.required("with")) pruning.algorithm = algorithm(*with);
      one.close();
      plan.prunings[key] = std::move(pruning);
    });
    named(map.optional("caches"), "caches", [&](const std::string& key, const YAML::Node& node) {
      YamlMap one(reader_, node, "caches");
      CacheFormat cache;
      cache.format = format(one, "format").value_or(Format{});
      if (const auto with = one.required("with")) cache.solver = algorithm(*with);
      one.close();
      plan.caches[key] = std::move(cache);
    });
    named(map.optional("matrices"), "matrices", [&](const std::string& key, const YAML::Node& node) {
      YamlMap one(reader_, node, "matrices");
      OnlineMatrix matrix;
      matrix.kind = one.text("kind");
      matrix.size = one.integer("size", 1, most_rows);
      if (const auto seed = one.optional("seed")) matrix.seed = reader_.integer(*seed, "seed", 0, INT64_MAX);
      one.close();
      plan.matrices[key] = std::move(matrix);
    });
    each(map.optional("rotations"), "rotations",
         [&](const YAML::Node& node) { plan.rotations.push_back(rotation(node)); });
  }

  Rotation rotation(const YAML::Node& node) {
    YamlMap map(reader_, node, "rotations");
    Rotation one;
    one.space = map.text("space");
    one.kind = map.text("kind");
    one.size = map.integer("size", 1, most_rows);
    if (const auto seed = map.optional("seed")) one.seed = reader_.integer(*seed, "seed", 0, INT64_MAX);
    if (const auto steps = map.optional("steps")) one.steps = reader_.integer(*steps, "steps", 0, most_rows);
    if (const auto rows = map.optional("samples")) one.samples = reader_.integer(*rows, "samples", 0, most_rows);
    if (const auto rate = map.optional("rate")) one.rate = reader_.number(*rate, "rate", 0, most_flops);
    if (const auto places = map.optional("places")) one.places = names(*places, "places");
    map.close();
    return one;
  }

  Job job(const YAML::Node& node) {
    YamlMap map(reader_, node, "jobs");
    Job job;
    if (const auto names = map.optional("modules")) job.modules = reader_.texts(*names, "modules");
    if (const auto names = map.optional("tensors")) job.tensors = reader_.texts(*names, "tensors");
    if (const auto names = map.optional("points")) job.points = reader_.texts(*names, "points");
    if (const auto names = map.optional("matrices")) job.matrices = reader_.texts(*names, "matrices");
    if (const auto experts = map.optional("experts")) {
      const auto [first, last] = pair(*experts, "experts", most_steps);
      if (last < first) reader_.fail(*experts, fmt::format("the experts {} to {} are none", first, last));
      job.first_expert = first;
      job.experts = std::max<int64_t>(1, last - first + 1);
    }
    if (const auto key = map.optional("precision")) job.precision = reader_.text(*key, "precision");
    if (const auto key = map.optional("stack")) job.stack = reader_.text(*key, "stack");
    if (const auto key = map.optional("prune")) job.prune = reader_.text(*key, "prune");
    if (const auto key = map.optional("cache")) job.cache = reader_.text(*key, "cache");
    if (const auto flag = map.optional("dequantize")) job.dequantize = reader_.boolean(*flag, "dequantize");
    if (const auto flag = map.optional("calibrated")) job.calibrated = reader_.boolean(*flag, "calibrated");
    if (map.optional("folding")) job.folding = one_of(map, "folding", foldings);
    if (const auto rows = map.optional("tile-rows")) job.tile_rows = reader_.integer(*rows, "tile-rows", 0, most_rows);
    if (const auto passes = map.optional("passes")) job.passes = int(reader_.integer(*passes, "passes", 1, 3));
    each(map.required("operations"), "operations",
         [&](const YAML::Node& entry) { job.operations.push_back(operation(entry)); });
    map.close();
    return job;
  }

  TransformGroupText transform(const YAML::Node& node) {
    YamlMap map(reader_, node, "transforms");
    TransformGroupText group;
    group.name = map.text("name");
    group.type = map.text("type");
    if (const auto size = map.optional("head-dim")) group.head_dim = reader_.integer(*size, "head-dim", 0, most_rows);
    each(map.required("apply"), "apply", [&](const YAML::Node& entry) {
      YamlMap one(reader_, entry, "apply");
      TransformGroupText::Apply apply;
      apply.location = one.text("location");
      if (const auto flag = one.optional("inverse")) apply.inverse = reader_.boolean(*flag, "inverse");
      apply.targets = one.texts("targets");
      one.close();
      group.apply.push_back(std::move(apply));
    });
    map.close();
    return group;
  }

  Operation operation(const YAML::Node& node) {
    YamlMap map(reader_, node, "operations");
    Operation operation;
    operation.kind = one_of(map, "do", operations);
    operation.place = one_of(map, "at", places);
    each(map.optional("after"), "after", [&](const YAML::Node& entry) {
      operation.after.push_back(uint32_t(reader_.integer(entry, "after", 0, 1 << 20)));
    });
    operation.bytes_in = map.integer("in", 0, most_bytes);
    operation.bytes_out = map.integer("out", 0, most_bytes);
    operation.live = map.integer("live", 0, most_bytes);
    if (const auto flops = map.optional("flops")) operation.flops = reader_.number(*flops, "flops", 0, most_flops);
    map.close();
    return operation;
  }

  PlannedExport exported(const YAML::Node& node) {
    YamlMap map(reader_, node, "exports");
    PlannedExport result;
    result.format = map.text("format");
    result.dir = map.text("dir");
    if (const auto dtype = map.optional("dtype")) result.dtype = reader_.text(*dtype, "dtype");
    result.bytes = map.integer("bytes", 0, most_bytes);
    result.config_format = map.text("config-format");
    each(map.required("groups"), "groups", [&](const YAML::Node& entry) {
      YamlMap group(reader_, entry, "groups");
      ConfigGroupText text;
      text.precision = group.text("precision");
      text.format = group.text("format");
      text.targets = group.texts("targets");
      group.close();
      result.groups.push_back(std::move(text));
    });
    result.ignore = map.texts("ignore");
    each(map.optional("transforms"), "transforms",
         [&](const YAML::Node& entry) { result.transforms.push_back(transform(entry)); });
    if (const auto key = map.optional("cache")) result.cache = reader_.text(*key, "cache");
    if (const auto key = map.optional("queries")) result.queries = reader_.text(*key, "queries");
    if (const auto name = map.optional("attention")) result.attention = reader_.text(*name, "attention");
    each(map.required("files"), "files", [&](const YAML::Node& entry) { result.shards.push_back(shard(entry)); });
    map.close();
    return result;
  }

  OutputShard shard(const YAML::Node& node) {
    YamlMap map(reader_, node, "files");
    OutputShard shard;
    shard.file = map.text("name");
    shard.bytes = map.integer("bytes", 0, most_bytes);
    shard.tensors = map.integer("tensors", 0, most_steps);
    each(map.required("runs"), "runs", [&](const YAML::Node& entry) {
      YamlMap one(reader_, entry, "runs");
      ShardRun run;
      run.unit = uint32_t(one.integer("unit", 0, 1 << 20));
      run.instance = uint32_t(one.integer("instance", 0, int64_t(most_instances)));
      if (const auto jobs = one.required("jobs")) {
        const auto [first, last] = pair(*jobs, "jobs", 1 << 20);
        run.first_job = uint32_t(first), run.last_job = uint32_t(last);
      }
      if (const auto experts = one.optional("experts"))
        std::tie(run.first_expert, run.last_expert) = pair(*experts, "experts", most_steps);
      one.close();
      shard.runs.push_back(run);
    });
    map.close();
    return shard;
  }

  YamlReader reader_;
  Diagnostics& diagnostics_;
  uint32_t file_;
};

}  // namespace

std::optional<Plan> parse_plan(const Sources& sources, uint32_t file, Diagnostics& diagnostics) {
  return Parser(sources, file, diagnostics).parse();
}

std::optional<Plan> read_plan(Sources& sources, uint32_t file, Diagnostics& diagnostics) {
  auto plan = parse_plan(sources, file, diagnostics);
  if (!plan) return std::nullopt;
  const auto problems = structure_problems(*plan);
  if (problems.empty()) return plan;
  Diagnostic& diagnostic = diagnostics.report(codes::L5009, Span{file, 0, 1}, "the plan contradicts itself");
  for (const std::string& problem : problems) diagnostic.note(problem);
  diagnostic.help("make the plan again with `lcr plan`");
  return std::nullopt;
}

}  // namespace lcr
