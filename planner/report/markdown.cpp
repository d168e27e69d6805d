#include <algorithm>

#include <fmt/format.h>

#include "planner/plan/allocation_text.h"
#include "planner/plan/size_text.h"
#include "planner/report/words.h"

namespace lcr {
namespace {

std::string code(const std::string& text) {
  if (text.empty()) return {};
  std::string inner;
  for (char c : text) inner += c == '|' ? std::string("\\|") : std::string(1, c);
  return text.find('`') == std::string::npos ? fmt::format("`{}`", inner) : fmt::format("`` {} ``", inner);
}

// A line a kind of module: which layers have which precision.
std::string map_text(const PrecisionMap& map) {
  std::string text = fmt::format("\n{}\n\n| module | precision (layers) | largest error |\n|---|---|---:|\n",
                                 map.stack.empty() ? "Outside of layers" : code(map.stack));
  for (const MapRow& row : map.rows) {
    std::vector<std::string> names;
    for (const std::string& name : row.precisions)
      if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    std::string cell;
    for (const std::string& name : names) {
      std::vector<int64_t> layers;
      for (size_t l = 0; l < row.precisions.size(); ++l)
        if (row.precisions[l] == name) layers.push_back(map.layers[l]);
      const bool all = names.size() == 1 && layers.size() == map.layers.size();
      cell += (cell.empty() ? "" : "<br>") + code(name) + (all ? "" : fmt::format(" ({})", ranges(layers)));
    }
    const double largest = *std::max_element(row.errors.begin(), row.errors.end());
    text += fmt::format("| {} | {} | {} |\n", code(row.name), cell, largest < 0 ? "" : error_words(largest));
  }
  return text;
}

std::string worst_text(const RunReport& report) {
  if (report.metrics.empty()) return "\nNo errors were recorded.\n";
  std::string text = "\n| module | precision | error | SNR | rule |\n|---|---|---:|---:|---|\n";
  for (size_t index : report.worst(10)) {
    const ModuleMetric& one = report.metrics[index];
    text += fmt::format("| {} | {} | {} | {} | {} |\n", code(one.module), code(one.precision), error_words(one.error),
                        decibel_words(one), one.place.empty() ? "" : fmt::format("{} {}", one.place, code(one.rule)));
  }
  if (!report.rules_unknown.empty()) text += fmt::format("\nRules are not shown: {}.\n", report.rules_unknown);
  return text;
}

std::string allocation_text(const RunReport& report) {
  if (!report.allocation) return {};
  const PlannedAllocation& allocation = *report.allocation;
  std::string text = fmt::format("\n## Budget\n\nWhat is lost is measured by {}: less is better.\n\n", code(allocation.measure));
  for (const std::string& line : limit_lines(allocation)) text += fmt::format("- {}\n", code(line));
  for (const std::string& line : choice_counts(allocation)) text += fmt::format("- {}\n", line);
  if (const std::string next = next_text(allocation); !next.empty()) text += fmt::format("- {}\n", next);
  text += "\n| most sensitive for their size | chosen | candidates: lost |\n|---|---|---|\n";
  const std::vector<size_t> order = by_sensitivity(allocation);
  for (size_t i = 0; i < std::min<size_t>(most_groups, order.size()); ++i) {
    const AllocatedGroup& group = allocation.groups[order[i]];
    text += fmt::format("| {} | {} | {} |\n", code(group.name), code(group.candidates[group.chosen]),
                        fmt::join(candidate_lines(group), "<br>"));
  }
  if (order.size() > most_groups) text += fmt::format("\n{} more groups.\n", order.size() - most_groups);
  if (allocation.frontier.empty()) return text;
  text += fmt::format("\n| {} allowed | least loss |\n|---:|---:|\n", allocation.limits.front().what);
  for (const FrontierPoint& point : allocation.frontier)
    text += fmt::format("| {} | {:.4g} |\n", limit_text(allocation.limits.front(), point.limit), point.score);
  return text;
}

std::string pruned_text(const RunReport& report) {
  if (report.pruned.empty()) return {};
  std::string text = "\n## Pruned layers\n\n| layer | by | removed |\n|---|---|---|\n";
  for (const PrunedLayer& layer : report.pruned)
    text += fmt::format("| {} | {} | {} |\n", code(layer.layer), code(layer.pruning), removed_words(layer));
  return text;
}

std::string caches_text(const RunReport& report) {
  if (report.caches.empty()) return {};
  std::string text = "\n## Caches\n\n| format | scales by | points | smallest | largest |\n|---|---|---:|---:|---:|\n";
  for (const CacheRow& row : report.caches)
    text += fmt::format("| {} | {} | {} | {} | {} |\n", code(row.format), code(row.algorithm), row.points,
                        scale_words(row, row.least), scale_words(row, row.most));
  return text;
}

std::string experts_text(const RunReport& report) {
  if (report.experts.empty()) return {};
  std::string text =
      "\n## Experts\n\nTokens of the calibration data that the router sent to each expert.\n\n"
      "| layer | experts | least | median | most | starved |\n|---|---:|---:|---:|---:|---|\n";
  for (const ExpertRow& row : report.experts)
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", code(row.module), row.experts, row.least, row.median,
                        row.most, ranges(row.starved));
  return text;
}

std::string evaluation_text(const EvaluationResult& result) {
  std::string text = "\n## Evaluation\n\n| | |\n|---|---:|\n";
  text += fmt::format("| perplexity | {:.4f} |\n| nll | {:.6f} |\n| tokens | {} |\n| windows | {} |\n",
                      result.perplexity, result.nll, result.tokens, result.windows);
  if (result.kl) text += fmt::format("| KL to the original | {:.5f} |\n", *result.kl);
  if (result.top1) text += fmt::format("| top-1 agreement | {:.2f} % |\n", *result.top1 * 100);
  return text + fmt::format("\nFrom {}.\n", code(result.file));
}

std::string benchmarks_text(const Benchmarks& benchmarks) {
  std::string text =
      "\n## Benchmarks\n\n| task | version | filter | shots | metric | value | error "
      "|\n|---|---:|---|---:|---|---:|---:|\n";
  for (const BenchmarkRow& row : benchmarks.rows)
    text += fmt::format("| {} | {} | {} | {} | {} | {:.4f} | {} |\n", code(row.task), row.version, row.filter,
                        row.shots, row.metric, row.value, row.error ? fmt::format("± {:.4f}", *row.error) : "");
  return text + fmt::format("\nFrom {}.\n", code(benchmarks.file));
}

std::string spent_text(const SpentTable& table) {
  std::string text = fmt::format("\n| {} | | |\n|---|---:|---:|\n", table.title);
  for (const SpentRow& row : table.rows) text += fmt::format("| {} | {} | {} |\n", row.what, row.seconds, row.share);
  return text;
}

// Within HTML, where Markdown's own code marks mean nothing until an empty line.
std::string assignment_text(const RunReport& report) {
  std::string text =
      "\n<details><summary>what every module gets</summary>\n\n| modules | precision | with |\n|---|---|---|\n";
  for (const AssignmentRow& row : report.assignment) {
    std::string names;
    for (const std::string& name : row.names) names += (names.empty() ? "" : "<br>") + code(name);
    text += fmt::format("| {} | {} | {} |\n", names, code(row.precision), code(row.stack));
  }
  return text + "\n</details>\n";
}

}  // namespace

std::string report_markdown(const RunReport& report) {
  std::string text = fmt::format("# {}\n\n| | |\n|---|---|\n", report.recipe);
  for (const auto& [name, value] : facts(report)) text += fmt::format("| {} | {} |\n", name, code(value));
  text +=
      fmt::format("\n## Size\n\n| precision | tensors | before | {} |\n|---|---:|---:|---:|\n", after_words(report));
  for (const SizeRow& row : report.sizes)
    text += fmt::format("| {} | {} | {} | {} |\n", code(row.precision), row.modules, size_text(row.before),
                        size_text(row.after));
  text +=
      fmt::format("| **total** | | **{}** | **{}** |\n", size_text(report.size_before), size_text(report.size_after));
  text += "\n## Precision\n";
  for (const PrecisionMap& map : report.maps) text += map_text(map);
  text +=
      "\n## Errors\n\nRelative errors of the weights, in the Frobenius norm: the ten largest.\n" + worst_text(report);
  text += allocation_text(report) + pruned_text(report) + caches_text(report) + experts_text(report);
  text += "\n## Predicted and measured\n\n| | predicted | measured | |\n|---|---:|---:|---:|\n";
  for (const Comparison& one : comparisons(report))
    text += fmt::format("| {} | {} | {} | {} |\n", one.what, one.predicted, one.actual, one.difference);
  for (const SpentTable& table : spent_tables(report)) text += spent_text(table);
  if (report.evaluation) text += evaluation_text(*report.evaluation);
  for (const Benchmarks& one : report.benchmarks) text += benchmarks_text(one);
  if (!report.warnings.empty()) text += "\n## Warnings\n\n";
  for (const std::string& warning : report.warnings) text += fmt::format("- {}\n", warning);
  text += "\n## Reproduction\n\n```\n";
  for (const std::string& command : report.commands) text += command + "\n";
  text += "```\n" + assignment_text(report) + "\n| made from | | hash |\n|---|---|---|\n";
  for (const Origin& origin : report.origins)
    if (origin.kind != "stdlib")
      text += fmt::format("| {} | {} | {:016x} |\n", origin.kind, code(origin.name), origin.hash);
  return text;
}

}  // namespace lcr
