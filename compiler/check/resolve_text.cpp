#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/check/resolve.h"
#include "compiler/check/rule_words.h"

namespace lcr {
namespace {

using Cells = std::vector<std::string>;

// Columns as wide as their widest cell; the last ones to the right.
std::string table(const std::vector<Cells>& lines, size_t left_columns) {
  std::vector<size_t> widths;
  for (const Cells& cells : lines)
    for (size_t c = 0; c < cells.size(); ++c) {
      if (widths.size() <= c) widths.push_back(0);
      widths[c] = std::max(widths[c], cells[c].size());
    }
  std::string out;
  for (const Cells& cells : lines) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) line += "  ";
      line +=
          c < left_columns ? fmt::format("{:<{}}", cells[c], widths[c]) : fmt::format("{:>{}}", cells[c], widths[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string algorithms(const ResolvedRow& row) {
  if (row.pruning.empty()) return row.stack;
  return row.stack.empty() ? "prune " + row.pruning : fmt::format("{}; prune {}", row.stack, row.pruning);
}

std::string millions(int64_t parameters) {
  if (parameters < 1000000) return fmt::format("{}", parameters);
  return parameters < 1000000000 ? fmt::format("{:.1f}M", static_cast<double>(parameters) / 1e6)
                                 : fmt::format("{:.2f}B", static_cast<double>(parameters) / 1e9);
}

std::string shortened(const std::string& text) { return text.size() <= 60 ? text : text.substr(0, 57) + "..."; }

std::string modules_text(const Resolution& resolution) {
  const ModelGraph& graph = *resolution.graph;
  std::vector<std::pair<uint64_t, const ResolvedRow*>> units;
  for (const ResolvedRow& row : resolution.rows)
    for (uint32_t unit : row.units) units.emplace_back(uint64_t{row.points} << 32 | unit, &row);
  std::sort(units.begin(), units.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Cells> lines;
  for (const auto& [unit, row] : units) {
    const uint32_t index = static_cast<uint32_t>(unit);
    lines.push_back({std::string(row->points ? graph.points[index].path : graph.modules[index].path), row->precision,
                     algorithms(*row), row->place});
  }
  return table(lines, 4);
}

}  // namespace

std::string resolution_text(const Resolution& resolution, bool modules) {
  if (modules) return modules_text(resolution);
  std::vector<Cells> lines = {
      {"selection", "precision", "algorithms", "decided by", "modules", "params", "before", "after"}};
  for (const ResolvedRow& row : resolution.rows) {
    const std::string count = std::to_string(row.units.size());
    if (row.points)
      lines.push_back({shortened(row.selection), row.precision, algorithms(row), row.place, count, "-", "-", "-"});
    else
      lines.push_back({shortened(row.selection), row.precision, algorithms(row), row.place, count,
                       millions(row.parameters), bytes_words(row.before), bytes_words(row.after)});
  }
  lines.push_back({"total", "", "", "", std::to_string(resolution.modules), millions(resolution.parameters),
                   bytes_words(resolution.before), bytes_words(resolution.after)});
  std::string text = table(lines, 4);
  if (resolution.rotations.empty()) return text;
  lines = {{"rotation", "matrix", "decided by", "modules"}};
  for (const ResolvedRotation& one : resolution.rotations)
    lines.push_back({one.space, one.matrix, one.place, std::to_string(one.modules)});
  return text + "\n" + table(lines, 3);
}

std::string resolution_json(const Resolution& resolution, bool modules) {
  const ModelGraph& graph = *resolution.graph;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const ResolvedRow& row : resolution.rows) {
    nlohmann::ordered_json one = {{"selection", row.selection}, {"precision", row.precision},
                                  {"stack", row.stack},         {"pruning", row.pruning},
                                  {"decided_by", row.place},    {"kind", row.points ? "attention points" : "modules"},
                                  {"count", row.units.size()},  {"parameters", row.parameters},
                                  {"bytes_before", row.before}, {"bytes_after", row.after}};
    if (modules) {
      nlohmann::ordered_json names = nlohmann::ordered_json::array();
      for (uint32_t unit : row.units) names.push_back(row.points ? graph.points[unit].path : graph.modules[unit].path);
      one["modules"] = std::move(names);
    }
    rows.push_back(std::move(one));
  }
  nlohmann::ordered_json rotations = nlohmann::ordered_json::array();
  for (const ResolvedRotation& one : resolution.rotations)
    rotations.push_back({{"space", one.space}, {"matrix", one.matrix}, {"decided_by", one.place}, {"modules", one.modules}});
  const nlohmann::ordered_json all = {{"format_version", "1.0"},
                                      {"rows", std::move(rows)},
                                      {"rotations", std::move(rotations)},
                                      {"modules", resolution.modules},
                                      {"quantized", resolution.quantized},
                                      {"parameters", resolution.parameters},
                                      {"bytes_before", resolution.before},
                                      {"bytes_after", resolution.after}};
  return all.dump(2);
}

}  // namespace lcr
