#include "planner/plan/yaml_calibration.h"

#include <fmt/format.h>

#include "planner/plan/ranges.h"

namespace lcr {
namespace {

constexpr int64_t most = int64_t{1} << 56;
constexpr size_t most_names = size_t{1} << 20;
constexpr std::pair<std::string_view, CalibrationSource::Kind> kinds[] = {
    {"text", CalibrationSource::Kind::Text},
    {"chat", CalibrationSource::Kind::Chat},
    {"tokens", CalibrationSource::Kind::Tokens},
    {"tensors", CalibrationSource::Kind::Tensors}};

template <class Value>
void entry(YAML::Emitter& out, const char* key, const Value& value) {
  out << YAML::Key << key << YAML::Value << value;
}

template <class Value>
void row(YAML::Emitter& out, const char* key, const std::vector<Value>& values) {
  out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const Value& value : values) out << value;
  out << YAML::EndSeq;
}

void write_source(YAML::Emitter& out, const CalibrationSource& source) {
  out << YAML::Flow << YAML::BeginMap;
  for (const auto& [word, kind] : kinds)
    if (kind == source.kind) entry(out, "kind", std::string(word));
  entry(out, "path", source.path);
  entry(out, "field", source.field);
  entry(out, "template", source.template_);
  entry(out, "mask", source.mask);
  entry(out, "samples", source.samples);
  out << YAML::EndMap;
}

CalibrationSource read_source(YamlReader& reader, const YAML::Node& node) {
  YamlMap map(reader, node, "sources");
  CalibrationSource source;
  const std::string kind = map.text("kind");
  bool known = false;
  for (const auto& [word, value] : kinds)
    if (kind == word) source.kind = value, known = true;
  if (!known) reader.fail(node, fmt::format("there is no source of kind `{}`", kind));
  source.path = map.text("path");
  source.field = map.text("field");
  source.template_ = map.text("template");
  source.mask = map.text("mask");
  source.samples = map.integer("samples", 0, most);
  map.close();
  return source;
}

void write_unit(YAML::Emitter& out, const UnitCalibration& unit) {
  out << YAML::BeginMap;
  entry(out, "unit", unit.unit);
  entry(out, "host-live", unit.host_live);
  entry(out, "device-live", unit.device_live);
  if (!unit.smoothing.empty()) out << YAML::Key << "smoothing" << YAML::Value << YAML::BeginSeq;
  for (const SmoothStep& step : unit.smoothing) {
    out << YAML::BeginMap;
    row(out, "writers", with_ranges(step.writers));
    row(out, "readers", with_ranges(step.readers));
    row(out, "targets", with_ranges(step.targets));
    entry(out, "stack", step.stack);
    entry(out, "transform", step.transform);
    out << YAML::EndMap;
  }
  if (!unit.smoothing.empty()) out << YAML::EndSeq;
  out << YAML::Key << "stages" << YAML::Value << YAML::BeginSeq;
  for (const CalibrationStage& stage : unit.stages) {
    out << YAML::Flow << YAML::BeginMap;
    row(out, "jobs", stage.jobs);
    entry(out, "flops", fmt::format("{}", stage.flops));
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
}

// Names of a list that may hold ranges.
std::vector<std::string> names(YamlReader& reader, YamlMap& map, const char* key) {
  const auto node = map.required(key);
  if (!node) return {};
  auto names = without_ranges(reader.texts(*node, key), most_names);
  if (!names) reader.fail(*node, fmt::format("`{}` stands for more than {} names", key, most_names));
  return names.value_or(std::vector<std::string>());
}

SmoothStep read_smoothing(YamlReader& reader, const YAML::Node& node) {
  YamlMap map(reader, node, "smoothing");
  SmoothStep step;
  step.writers = names(reader, map, "writers");
  step.readers = names(reader, map, "readers");
  step.targets = names(reader, map, "targets");
  step.stack = map.text("stack");
  step.transform = uint32_t(map.integer("transform", 0, 1 << 10));
  map.close();
  return step;
}

CalibrationStage read_stage(YamlReader& reader, const YAML::Node& node) {
  YamlMap map(reader, node, "stages");
  CalibrationStage stage;
  if (const auto jobs = map.required("jobs"); jobs && reader.is_list(*jobs, "jobs"))
    for (const YAML::Node& job : *jobs) stage.jobs.push_back(uint32_t(reader.integer(job, "jobs", 0, 1 << 20)));
  stage.flops = map.number("flops", 0, 1e30);
  map.close();
  return stage;
}

UnitCalibration read_unit(YamlReader& reader, const YAML::Node& node) {
  YamlMap map(reader, node, "units");
  UnitCalibration unit;
  unit.unit = uint32_t(map.integer("unit", 0, 1 << 20));
  unit.host_live = map.integer("host-live", 0, most);
  unit.device_live = map.integer("device-live", 0, most);
  if (const auto steps = map.optional("smoothing"); steps && reader.is_list(*steps, "smoothing"))
    for (const YAML::Node& step : *steps) unit.smoothing.push_back(read_smoothing(reader, step));
  if (const auto stages = map.required("stages"); stages && reader.is_list(*stages, "stages"))
    for (const YAML::Node& stage : *stages) unit.stages.push_back(read_stage(reader, stage));
  map.close();
  return unit;
}

}  // namespace

void write_calibration(YAML::Emitter& out, const PlannedCalibration& calibration) {
  out << YAML::BeginMap << YAML::Key << "sources" << YAML::Value;
  if (calibration.data.sources.empty()) out << YAML::Flow;
  out << YAML::BeginSeq;
  for (const CalibrationSource& source : calibration.data.sources) write_source(out, source);
  out << YAML::EndSeq;
  entry(out, "length", calibration.data.length);
  entry(out, "pick", calibration.data.pick);
  entry(out, "seed", calibration.data.seed);
  entry(out, "fit", calibration.data.fit);
  entry(out, "sequential", calibration.sequential);
  entry(out, "route", calibration.route);
  entry(out, "coverage", calibration.coverage);
  entry(out, "starved", calibration.starved);
  entry(out, "tile", calibration.tile);
  entry(out, "stream", calibration.stream);
  entry(out, "stream-bytes", calibration.stream_bytes);
  entry(out, "kept-width", calibration.kept_width);
  if (calibration.learning_host != 0) entry(out, "learning-host", calibration.learning_host);
  if (calibration.learning_device != 0) entry(out, "learning-device", calibration.learning_device);
  out << YAML::Key << "units" << YAML::Value << YAML::BeginSeq;
  for (const UnitCalibration& unit : calibration.units) write_unit(out, unit);
  out << YAML::EndSeq << YAML::EndMap;
}

PlannedCalibration read_calibration(YamlReader& reader, const YAML::Node& node) {
  YamlMap map(reader, node, "calibration");
  PlannedCalibration result;
  if (const auto sources = map.required("sources"); sources && reader.is_list(*sources, "sources"))
    for (const YAML::Node& source : *sources) result.data.sources.push_back(read_source(reader, source));
  result.data.length = map.integer("length", 0, most);
  result.data.pick = map.text("pick");
  result.data.seed = map.integer("seed", INT64_MIN, INT64_MAX);
  result.data.fit = map.text("fit");
  result.sequential = map.text("sequential");
  result.route = map.text("route");
  result.coverage = map.integer("coverage", 0, most);
  result.starved = map.text("starved");
  result.tile = map.integer("tile", 1, 1 << 24);
  result.stream = map.text("stream");
  result.stream_bytes = map.integer("stream-bytes", 0, most);
  result.kept_width = map.integer("kept-width", 0, most);
  if (const auto bytes = map.optional("learning-host")) result.learning_host = reader.integer(*bytes, "learning-host", 0, most);
  if (const auto bytes = map.optional("learning-device"))
    result.learning_device = reader.integer(*bytes, "learning-device", 0, most);
  if (const auto units = map.required("units"); units && reader.is_list(*units, "units"))
    for (const YAML::Node& unit : *units) result.units.push_back(read_unit(reader, unit));
  map.close();
  return result;
}

}  // namespace lcr
