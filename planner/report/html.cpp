#include <algorithm>

#include <fmt/format.h>

#include "planner/plan/allocation_text.h"
#include "planner/plan/size_text.h"
#include "planner/report/drawings.h"
#include "planner/report/page.h"
#include "planner/report/words.h"

namespace lcr {
namespace {

std::string tiles(const RunReport& report) {
  std::string text = "<div class=\"tiles\">";
  text += tile(fmt::format("{} → {}", size_text(report.size_before), size_text(report.size_after)),
               report.exports > 1 ? fmt::format("weights, before and after in {} exports", report.exports)
                                  : "weights, before and after");
  text += tile(time_text(report.seconds), fmt::format("taken, {} predicted", time_text(report.predicted.seconds)));
  if (report.host_peak)
    text += tile(size_text(*report.host_peak),
                 fmt::format("host memory, {} predicted", size_text(report.predicted.host_peak)));
  if (!report.metrics.empty())
    text += tile(error_words(report.metrics[report.worst(1)[0]].error), "largest relative error of a weight");
  if (report.evaluation) text += tile(fmt::format("{:.4f}", report.evaluation->perplexity), "perplexity");
  if (report.evaluation && report.evaluation->kl)
    text += tile(fmt::format("{:.5f}", *report.evaluation->kl), "KL to the original, nats");
  return text + "</div>\n";
}

std::string worst_table(const RunReport& report) {
  std::string text =
      "<table><tr><th>module</th><th>precision</th><th class=\"n\">error</th><th class=\"n\">SNR</th>"
      "<th>rule</th></tr>\n";
  for (size_t index : report.worst(10)) {
    const ModuleMetric& one = report.metrics[index];
    text += fmt::format(
        "<tr><td><code>{}</code></td><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
        "<td>{}<br><code>{}</code></td></tr>\n",
        escaped(one.module), escaped(one.precision), error_words(one.error), decibel_words(one), escaped(one.place),
        escaped(one.rule));
  }
  text += "</table>\n";
  if (!report.rules_unknown.empty())
    text += fmt::format("<p class=\"lead\">Rules are not shown: {}.</p>\n", escaped(report.rules_unknown));
  return text;
}

std::string error_section(const RunReport& report) {
  std::string text = "<h2>Errors</h2>\n<p class=\"lead\">Relative errors of the weights, in the Frobenius norm.</p>\n";
  if (report.metrics.empty()) return text + "<p>No errors were recorded.</p>\n";
  return text + layers_drawing(report) + "<h3>the ten largest</h3>\n" + worst_table(report);
}

std::string allocation_section(const RunReport& report) {
  if (!report.allocation) return {};
  const PlannedAllocation& allocation = *report.allocation;
  std::string text = fmt::format("<h2>Budget</h2>\n<p class=\"lead\">What is lost is measured by <code>{}</code>: less is better.</p>\n<ul>",
                                 escaped(allocation.measure));
  for (const auto& lines : {limit_lines(allocation), choice_counts(allocation), std::vector{next_text(allocation)}})
    for (const std::string& line : lines)
      if (!line.empty()) text += fmt::format("<li>{}</li>\n", escaped(line));
  text += "</ul>\n<table><tr><th>most sensitive for their size</th><th>chosen</th><th>candidates: lost</th></tr>\n";
  const std::vector<size_t> order = by_sensitivity(allocation);
  for (size_t i = 0; i < std::min<size_t>(most_groups, order.size()); ++i) {
    const AllocatedGroup& group = allocation.groups[order[i]];
    text += fmt::format("<tr><td><code>{}</code></td><td><code>{}</code></td><td>", escaped(group.name),
                        escaped(group.candidates[group.chosen]));
    for (const std::string& line : candidate_lines(group)) text += escaped(line) + "<br>";
    text += "</td></tr>\n";
  }
  text += "</table>\n";
  const std::string frontier = frontier_drawing(allocation);
  return frontier.empty() ? text : text + "<h3>least loss for what is allowed</h3>\n" + frontier;
}

std::string pruned_section(const RunReport& report) {
  if (report.pruned.empty()) return {};
  std::string text = "<h2>Pruned layers</h2>\n<table><tr><th>layer</th><th>by</th><th>removed</th></tr>\n";
  for (const PrunedLayer& layer : report.pruned)
    text += fmt::format("<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td></tr>\n", escaped(layer.layer),
                        escaped(layer.pruning), removed_words(layer));
  return text + "</table>\n";
}

std::string caches_section(const RunReport& report) {
  if (report.caches.empty()) return {};
  std::string text =
      "<h2>Caches</h2>\n<table><tr><th>format</th><th>scales by</th><th class=\"n\">points</th>"
      "<th class=\"n\">smallest</th><th class=\"n\">largest</th></tr>\n";
  for (const CacheRow& row : report.caches)
    text += fmt::format(
        "<tr><td><code>{}</code></td><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td></tr>\n",
        escaped(row.format), escaped(row.algorithm), row.points, scale_words(row, row.least),
        scale_words(row, row.most));
  return text + "</table>\n";
}

std::string experts_section(const RunReport& report) {
  if (report.experts.empty()) return {};
  std::string text =
      "<h2>Experts</h2>\n<p class=\"lead\">Tokens of the calibration data that the router sent to each expert.</p>\n"
      "<table><tr><th>layer</th><th class=\"n\">experts</th><th class=\"n\">least</th><th class=\"n\">median</th>"
      "<th class=\"n\">most</th><th>starved</th></tr>\n";
  for (const ExpertRow& row : report.experts)
    text += fmt::format(
        "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td><td>{}</td></tr>\n",
        escaped(row.module), row.experts, row.least, row.median, row.most, ranges(row.starved));
  return text + "</table>\n";
}

std::string spent_table(const RunReport& report) {
  std::string text;
  for (const SpentTable& table : spent_tables(report)) {
    text += fmt::format("<h3>{}</h3>\n<table>", escaped(table.title));
    for (const SpentRow& row : table.rows)
      text += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n", escaped(row.what),
                          row.seconds, row.share);
    text += "</table>\n";
  }
  return text;
}

std::string comparison_section(const RunReport& report) {
  std::string text =
      "<h2>Predicted and measured</h2>\n<table><tr><th></th><th class=\"n\">predicted</th>"
      "<th class=\"n\">measured</th><th class=\"n\"></th></tr>\n";
  for (const Comparison& one : comparisons(report))
    text += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
                        escaped(one.what), one.predicted, one.actual, one.difference);
  text += "</table>\n";
  const std::string memory = memory_drawing(report);
  if (!memory.empty()) text += "<h3>host memory over time</h3>\n" + memory;
  return text + spent_table(report);
}

std::string evaluation_section(const RunReport& report) {
  if (!report.evaluation) return {};
  const EvaluationResult& result = *report.evaluation;
  const auto row = [](std::string_view name, const std::string& value) {
    return fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>\n", name, value);
  };
  std::string text = "<h2>Evaluation</h2>\n<table>" + row("perplexity", fmt::format("{:.4f}", result.perplexity)) +
                     row("nll", fmt::format("{:.6f}", result.nll)) + row("tokens", fmt::format("{}", result.tokens)) +
                     row("windows", fmt::format("{}", result.windows));
  if (result.kl) text += row("KL to the original", fmt::format("{:.5f}", *result.kl));
  if (result.top1) text += row("top-1 agreement", fmt::format("{:.2f} %", *result.top1 * 100));
  return text + fmt::format("</table>\n<p class=\"lead\">From <code>{}</code>.</p>\n", escaped(result.file));
}

std::string benchmarks_section(const RunReport& report) {
  std::string text;
  for (const Benchmarks& one : report.benchmarks) {
    text += "<h2>Benchmarks</h2>\n<table><tr><th>task</th><th class=\"n\">version</th><th>filter</th>"
            "<th class=\"n\">shots</th><th>metric</th><th class=\"n\">value</th><th class=\"n\">error</th></tr>\n";
    for (const BenchmarkRow& row : one.rows)
      text += fmt::format(
          "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td>"
          "<td class=\"n\">{:.4f}</td><td class=\"n\">{}</td></tr>\n",
          escaped(row.task), escaped(row.version), escaped(row.filter), escaped(row.shots), escaped(row.metric),
          row.value, row.error ? fmt::format("± {:.4f}", *row.error) : "");
    text += fmt::format("</table>\n<p class=\"lead\">From <code>{}</code>.</p>\n", escaped(one.file));
  }
  return text;
}

std::string reproduction_section(const RunReport& report) {
  std::string text;
  if (!report.warnings.empty()) {
    text += "<h2>Warnings</h2>\n<ul>";
    for (const std::string& warning : report.warnings) text += fmt::format("<li>{}</li>\n", escaped(warning));
    text += "</ul>\n";
  }
  text += "<h2>Reproduction</h2>\n<pre>";
  for (const std::string& command : report.commands) text += escaped(command) + "\n";
  return text + "</pre>\n" + assignment_section(report) + origins_table(report);
}

}  // namespace

std::string report_html(const RunReport& report) {
  std::string body = tiles(report) + facts_table(report) + size_section(report) + map_section(report);
  body += error_section(report) + allocation_section(report) + pruned_section(report) + caches_section(report) + experts_section(report);
  body += comparison_section(report) + evaluation_section(report) + benchmarks_section(report);
  body += reproduction_section(report);
  return page(report.recipe, "What a run of lcr made, how it was predicted and what it took.", body);
}

}  // namespace lcr
