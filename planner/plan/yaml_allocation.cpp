#include "planner/plan/yaml_allocation.h"

#include <charconv>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/planning.h"

namespace lcr {
namespace {

constexpr int64_t most = int64_t{1} << 56;
constexpr double most_number = 1e300;

template <class Value>
void entry(YAML::Emitter& out, const char* key, const Value& value) {
  out << YAML::Key << key << YAML::Value << value;
}

// Shortest text that reads back to the same number.
std::string exact(double value) { return fmt::format("{}", value); }

template <class Values, class Text>
void row(YAML::Emitter& out, const char* key, const Values& values, Text text) {
  out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const auto& value : values) out << text(value);
  out << YAML::EndSeq;
}

void write_hash(YAML::Emitter& out, const char* key, uint64_t hash) { entry(out, key, fmt::format("{:016x}", hash)); }

uint64_t read_hash(YamlReader& reader, YamlMap& map, const char* key) {
  const auto node = map.required(key);
  if (!node) return 0;
  const std::string text = reader.text(*node, key);
  uint64_t hash = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  if (text.size() != 16 || error != std::errc() || end != text.data() + text.size())
    reader.fail(*node, fmt::format("`{}` is no hash of 16 hexadecimal digits", text));
  return hash;
}

std::vector<double> numbers(YamlReader& reader, YamlMap& map, const char* key) {
  std::vector<double> values;
  if (const auto node = map.required(key); node && reader.is_list(*node, key))
    for (const YAML::Node& one : *node) values.push_back(reader.number(one, key, -most_number, most_number));
  return values;
}

void write_point(YAML::Emitter& out, const FrontierPoint& point) {
  out << YAML::Flow << YAML::BeginMap;
  entry(out, "limit", exact(point.limit));
  entry(out, "score", exact(point.score));
  out << YAML::EndMap;
}

FrontierPoint read_point(YamlReader& reader, const YAML::Node& node) {
  YamlMap map(reader, node, "frontier");
  const FrontierPoint point{map.number("limit", -most_number, most_number), map.number("score", -most_number, most_number)};
  map.close();
  return point;
}

AllocatedGroup read_group(YamlReader& reader, const YAML::Node& node) {
  YamlMap map(reader, node, "groups");
  AllocatedGroup group;
  group.name = map.text("name");
  group.modules = map.integer("modules", 1, most);
  group.parameters = map.integer("parameters", 0, most);
  group.chosen = uint32_t(map.integer("chosen", 0, 1 << 10));
  group.candidates = map.texts("candidates");
  if (const auto bytes = map.required("bytes"); bytes && reader.is_list(*bytes, "bytes"))
    for (const YAML::Node& one : *bytes) group.bytes.push_back(reader.integer(one, "bytes", 0, most));
  group.scores = numbers(reader, map, "scores");
  const size_t count = group.candidates.size();
  if (!reader.failed() && (group.chosen >= count || group.bytes.size() != count || group.scores.size() != count))
    reader.fail(node, fmt::format("`{}` has {} candidates, and other lists of another length", group.name, count));
  map.close();
  return group;
}

void write_head(YAML::Emitter& out, const std::string& measure, int64_t samples, uint64_t request, uint64_t model, uint64_t data) {
  entry(out, "measure", measure);
  entry(out, "samples", samples);
  write_hash(out, "request", request);
  write_hash(out, "model", model);
  write_hash(out, "data", data);
}

template <class Head>
void read_head(YamlReader& reader, YamlMap& map, Head& head) {
  head.measure = map.text("measure");
  head.samples = map.integer("samples", 0, most);
  head.request = read_hash(reader, map, "request");
  head.model = read_hash(reader, map, "model");
  head.data = read_hash(reader, map, "data");
}

}  // namespace

Scores scores_of(const PlannedAllocation& allocation) {
  Scores scores{allocation.measure, allocation.samples, allocation.request, allocation.model, allocation.data, {}};
  for (const AllocatedGroup& group : allocation.groups) scores.groups.push_back({group.name, group.scores});
  return scores;
}

void write_allocation(YAML::Emitter& out, const PlannedAllocation& allocation) {
  out << YAML::BeginMap;
  write_head(out, allocation.measure, allocation.samples, allocation.request, allocation.model, allocation.data);
  entry(out, "score", exact(allocation.score));
  out << YAML::Key << "limits" << YAML::Value << YAML::BeginSeq;
  for (const SpentLimit& limit : allocation.limits) {
    out << YAML::Flow << YAML::BeginMap;
    entry(out, "what", limit.what);
    entry(out, "over", limit.over);
    entry(out, "limit", exact(limit.limit));
    entry(out, "used", exact(limit.used));
    entry(out, "lowest", exact(limit.lowest));
    entry(out, "highest", exact(limit.highest));
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::Key << "frontier" << YAML::Value << YAML::BeginSeq;
  for (const FrontierPoint& point : allocation.frontier) write_point(out, point);
  out << YAML::EndSeq << YAML::Key << "next" << YAML::Value;
  write_point(out, allocation.next);
  out << YAML::Key << "groups" << YAML::Value << YAML::BeginSeq;
  for (const AllocatedGroup& group : allocation.groups) {
    out << YAML::BeginMap;
    entry(out, "name", group.name);
    entry(out, "modules", group.modules);
    entry(out, "parameters", group.parameters);
    entry(out, "chosen", group.chosen);
    row(out, "candidates", group.candidates, [](const std::string& text) { return text; });
    row(out, "bytes", group.bytes, [](int64_t bytes) { return bytes; });
    row(out, "scores", group.scores, exact);
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
}

PlannedAllocation read_allocation(YamlReader& reader, const YAML::Node& node) {
  YamlMap map(reader, node, "allocation");
  PlannedAllocation result;
  read_head(reader, map, result);
  result.score = map.number("score", -most_number, most_number);
  if (const auto limits = map.required("limits"); limits && reader.is_list(*limits, "limits"))
    for (const YAML::Node& one : *limits) {
      YamlMap limit(reader, one, "limits");
      result.limits.push_back({limit.text("what"), limit.text("over"), limit.number("limit", 0, most_number),
                               limit.number("used", 0, most_number), limit.number("lowest", 0, most_number),
                               limit.number("highest", 0, most_number)});
      limit.close();
    }
  if (const auto points = map.required("frontier"); points && reader.is_list(*points, "frontier"))
    for (const YAML::Node& one : *points) result.frontier.push_back(read_point(reader, one));
  if (const auto next = map.required("next")) result.next = read_point(reader, *next);
  if (const auto groups = map.required("groups"); groups && reader.is_list(*groups, "groups"))
    for (const YAML::Node& one : *groups) result.groups.push_back(read_group(reader, one));
  map.close();
  return result;
}

std::string write_scores(const Scores& scores) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  entry(out, "lcr-scores", 1);
  write_head(out, scores.measure, scores.samples, scores.request, scores.model, scores.data);
  out << YAML::Key << "groups" << YAML::Value << YAML::BeginSeq;
  for (const GroupScores& group : scores.groups) {
    out << YAML::BeginMap;
    entry(out, "name", group.name);
    row(out, "scores", group.of_candidates, exact);
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
  return std::string(out.c_str(), out.size()) + "\n";
}

std::optional<Scores> read_scores(const Sources& sources, uint32_t file, Diagnostics& diagnostics) {
  YamlReader reader(sources, file, codes::L5018, diagnostics);
  const auto document = reader.load();
  if (!document) return std::nullopt;
  YamlMap map(reader, *document, "scores");
  Scores scores;
  map.integer("lcr-scores", 1, 1);
  read_head(reader, map, scores);
  if (const auto groups = map.required("groups"); groups && reader.is_list(*groups, "groups"))
    for (const YAML::Node& one : *groups) {
      YamlMap group(reader, one, "groups");
      GroupScores of{group.text("name"), {}};
      of.of_candidates = numbers(reader, group, "scores");
      scores.groups.push_back(std::move(of));
      group.close();
    }
  map.close();
  if (reader.failed()) return std::nullopt;
  return scores;
}

}  // namespace lcr
