#include "planner/report/benchmarks.h"

#include <fmt/format.h>

namespace lcr {
namespace {

// A scalar as it is written.
std::string words(const Json* value) {
  if (value == nullptr) return {};
  switch (value->kind) {
    case Json::Kind::Integer: return fmt::format("{}", value->integer);
    case Json::Kind::Real: return fmt::format("{:g}", value->real);
    case Json::Kind::Text: return value->text;
    default: return {};
  }
}

std::optional<double> number(const Json* value) {
  if (value == nullptr) return std::nullopt;
  if (value->kind == Json::Kind::Integer) return static_cast<double>(value->integer);
  if (value->kind == Json::Kind::Real) return value->real;
  return std::nullopt;
}

const Json* member(const Json& json, std::string_view table, const std::string& task) {
  const Json* values = json.find(table);
  return values == nullptr ? nullptr : values->find(task);
}

}  // namespace

// Members are called `metric,filter` and `metric_stderr,filter`; tables beside the results say the rest of a task.
Benchmarks read_benchmarks(const std::string& file, const Json& json) {
  Benchmarks result{file, {}};
  const Json* tasks = json.find("results");
  if (tasks == nullptr) return result;
  for (const auto& [task, values] : tasks->members)
    for (const auto& [name, value] : values.members) {
      const size_t comma = name.find(',');
      const std::string metric = name.substr(0, comma),
                        filter = comma == std::string::npos ? "" : name.substr(comma + 1);
      const auto measured = number(&value);
      if (comma == std::string::npos || metric.ends_with("_stderr") || !measured) continue;
      result.rows.push_back({task, words(member(json, "versions", task)), filter, words(member(json, "n-shot", task)),
                             metric, *measured, number(values.find(metric + "_stderr," + filter))});
    }
  return result;
}

}  // namespace lcr
