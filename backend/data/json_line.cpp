#include "backend/data/json_line.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {

bool JsonLine::refuse(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

bool JsonLine::field(std::string_view line, const std::string& name, simdjson::dom::element& value) {
  simdjson::dom::element document;
  if (auto error = parser_.parse(line.data(), line.size(), true).get(document))
    return refuse(fmt::format("it is no JSON: {}", simdjson::error_message(error)));
  if (document.get(object_)) return refuse("it is no JSON object");
  if (object_.at_key(name).get(value)) return refuse(fmt::format("it has no `{}`", name));
  return true;
}

bool JsonLine::text(std::string_view line, const std::string& name, std::string& value) {
  simdjson::dom::element element;
  std::string_view content;
  if (!field(line, name, element)) return false;
  if (element.get(content)) return refuse(fmt::format("`{}` is no string", name));
  value = content;
  return true;
}

bool JsonLine::ids(std::string_view line, const std::string& name, std::vector<int64_t>& value) {
  simdjson::dom::element element;
  simdjson::dom::array list;
  if (!field(line, name, element)) return false;
  if (element.get(list)) return refuse(fmt::format("`{}` is no list", name));
  value.clear();
  for (simdjson::dom::element entry : list) {
    int64_t id = 0;
    if (entry.get(id)) return refuse(fmt::format("`{}` holds something that is no whole number", name));
    value.push_back(id);
  }
  return true;
}

std::string place_text(const LinePlace& place, const std::string& path) {
  return fmt::format("line {} of `{}`", place.number, path);
}

void report_broken_row(const LinePlace& place, const std::string& path, const std::string& problem,
                       const std::string& example, Diagnostics& diagnostics) {
  diagnostics.report(codes::L8004, fmt::format("{}: {}", place_text(place, path), problem))
      .help(fmt::format("a row of this source is `{}`", example))
      .with("file", path)
      .with("line", static_cast<int64_t>(place.number));
}

}  // namespace lcr
