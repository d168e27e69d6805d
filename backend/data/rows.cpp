#include "backend/data/rows.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "backend/data/file_text.h"
#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

using simdjson::dom::element;

// Wrong lines that are worth a diagnostic each.
constexpr size_t kMostReports = 10;

// The reason why a line is no row; empty when it is one.
std::string read_ids(element value, const RowOptions& options, Row& row) {
  simdjson::dom::array list;
  if (value.get(list)) return fmt::format("`{}` is no list", options.ids_field);
  row.has_ids = true;
  int64_t limit = options.id_limit > 0 ? options.id_limit : int64_t{INT32_MAX} + 1;
  for (element entry : list) {
    int64_t id = 0;
    if (entry.get(id)) return fmt::format("`{}` holds something that is no whole number", options.ids_field);
    if (id < 0 || id >= limit) return fmt::format("the id {} is not in 0..{}", id, limit - 1);
    row.ids.push_back(static_cast<int32_t>(id));
  }
  return {};
}

std::string read_row(simdjson::dom::parser& parser, std::string_view line, const RowOptions& options, Row& row) {
  element document;
  simdjson::dom::object object;
  if (auto error = parser.parse(line.data(), line.size(), true).get(document))
    return fmt::format("it is no JSON: {}", simdjson::error_message(error));
  if (document.get(object)) return "it is no JSON object";
  element value;
  if (!object.at_key(options.ids_field).get(value)) return read_ids(value, options, row);
  if (object.at_key(options.text_field).get(value))
    return fmt::format("it has neither `{}` nor `{}`", options.text_field, options.ids_field);
  std::string_view text;
  if (value.get(text)) return fmt::format("`{}` is no string", options.text_field);
  row.text = text;
  return {};
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

std::optional<std::vector<Row>> read_rows(const std::string& path, const RowOptions& options, Diagnostics& diagnostics) {
  auto text = read_file_text(path, diagnostics);
  if (!text) return std::nullopt;
  std::vector<Row> rows;
  simdjson::dom::parser parser;
  size_t wrong = 0;
  uint32_t number = 0;
  for (size_t at = 0; at < text->size() && wrong < kMostReports;) {
    size_t end = std::min(text->find('\n', at), text->size());
    std::string_view line = std::string_view(*text).substr(at, end - at);
    at = end + 1;
    ++number;
    if (is_blank(line)) continue;
    Row row;
    row.line = number;
    std::string problem = read_row(parser, line, options, row);
    if (problem.empty()) {
      rows.push_back(std::move(row));
      continue;
    }
    ++wrong;
    diagnostics.report(codes::L8004, fmt::format("line {} of `{}`: {}", number, path, problem))
        .help(fmt::format("a row is `{{\"{}\": \"...\"}}` or `{{\"{}\": [1, 2, ...]}}`", options.text_field, options.ids_field))
        .with("file", path)
        .with("line", static_cast<int64_t>(number));
  }
  if (wrong > 0) return std::nullopt;
  return rows;
}

}  // namespace lcr
