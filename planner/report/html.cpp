#include <fmt/format.h>

#include "planner/plan/size_text.h"
#include "planner/report/drawings.h"
#include "planner/report/words.h"

namespace lcr {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1b2330; --soft: #5d6878; --paper: #ffffff;
  --line: #dde2e9; --bar: #7d96c4; --mean: #1b2330; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #98a3b3; --paper: #14181f;
    --line: #303846; --bar: #5f7fb8; --mean: #f0f3f7; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 980px;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: .95rem; color: var(--soft); margin: 1.2rem 0 .3rem; }
p.lead { color: var(--soft); margin: 0 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
td, th { border-bottom: 1px solid var(--line); padding: .3rem .7rem .3rem 0; text-align: left; vertical-align: top; }
.n + td, .n + th { padding-left: 1rem; }
table.facts th { width: 10rem; }
th { color: var(--soft); font-weight: 600; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font: 12.5px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { border: 1px solid var(--line); border-radius: 6px; padding: .7rem; overflow-x: auto; }
svg { width: 100%; height: auto; display: block; }
svg text { font: 11px ui-monospace, monospace; fill: var(--soft); }
svg text.on { fill: #10151c; }
.grid { stroke: var(--line); } .largest { fill: var(--bar); } .mean { stroke: var(--mean); stroke-width: 2; }
.held { fill: var(--bar); opacity: .25; } polyline.now { fill: none; stroke: var(--bar); stroke-width: 2; }
circle.now { fill: var(--bar); } .planned { stroke-dasharray: 6 4; }
.part0 { fill: #7d96c4; }
.part1 { fill: #b9a26a; }
.part2 { fill: #79a98c; }
.part3 { fill: #b28aa8; }
.part4 { fill: #8f9aa8; }
.part5 { fill: #c08a72; }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0; }
.tile { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .9rem; }
.tile b { display: block; font-size: 1.15rem; }
.tile span { color: var(--soft); font-size: 12.5px; }
)";

std::string tile(const std::string& value, std::string_view what) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>", escaped(value), escaped(what));
}

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

std::string facts_table(const RunReport& report) {
  std::string text = "<table class=\"facts\">";
  for (const auto& [name, value] : facts(report))
    text += fmt::format("<tr><th>{}</th><td><code>{}</code></td></tr>\n", escaped(name), escaped(value));
  return text + "</table>\n";
}

std::string size_section(const RunReport& report) {
  std::string text = "<h2>Size</h2>\n" + size_drawing(report);
  text += fmt::format(
      "<table><tr><th>precision</th><th class=\"n\">tensors</th><th class=\"n\">before</th>"
      "<th class=\"n\">{}</th></tr>\n",
      after_words(report));
  for (const SizeRow& row : report.sizes)
    text += fmt::format(
        "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        escaped(row.precision), row.modules, size_text(row.before), size_text(row.after));
  return text + "</table>\n";
}

std::string map_section(const RunReport& report) {
  std::string text =
      "<h2>Precision map</h2>\n<p class=\"lead\">Point at a place to read it.</p>\n" + bits_legend(report);
  for (const PrecisionMap& map : report.maps) {
    text +=
        fmt::format("<h3>{}</h3>\n", map.stack.empty() ? "outside of layers" : escaped(map.stack)) + bits_drawing(map);
    const std::string errors = errors_drawing(map);
    if (!errors.empty()) text += "<h3>largest relative error</h3>\n" + errors_legend() + errors;
  }
  return text;
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

std::string pruned_section(const RunReport& report) {
  if (report.pruned.empty()) return {};
  std::string text = "<h2>Pruned layers</h2>\n<table><tr><th>layer</th><th>by</th><th>removed</th></tr>\n";
  for (const PrunedLayer& layer : report.pruned)
    text += fmt::format("<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td></tr>\n", escaped(layer.layer),
                        escaped(layer.pruning), removed_words(layer));
  return text + "</table>\n";
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
  return memory.empty() ? text : text + "<h3>host memory over time</h3>\n" + memory;
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

std::string reproduction_section(const RunReport& report) {
  std::string text;
  if (!report.warnings.empty()) {
    text += "<h2>Warnings</h2>\n<ul>";
    for (const std::string& warning : report.warnings) text += fmt::format("<li>{}</li>\n", escaped(warning));
    text += "</ul>\n";
  }
  text += "<h2>Reproduction</h2>\n<pre>";
  for (const std::string& command : report.commands) text += escaped(command) + "\n";
  text += "</pre>\n<table><tr><th>made from</th><th></th><th>hash</th></tr>\n";
  for (const Origin& origin : report.origins)
    if (origin.kind != "stdlib")
      text += fmt::format("<tr><td>{}</td><td><code>{}</code></td><td><code>{:016x}</code></td></tr>\n",
                          escaped(origin.kind), escaped(origin.name), origin.hash);
  return text + "</table>\n";
}

}  // namespace

std::string report_html(const RunReport& report) {
  std::string text = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{}</style>\n"
      "</head>\n<body>\n",
      escaped(report.recipe), style);
  text +=
      fmt::format("<h1>{}</h1>\n<p class=\"lead\">What a run of lcr made, how it was predicted and what it took.</p>\n",
                  escaped(report.recipe));
  text += tiles(report) + facts_table(report) + size_section(report) + map_section(report) + error_section(report);
  text += pruned_section(report) + comparison_section(report) + evaluation_section(report) + reproduction_section(report);
  return text + "</body>\n</html>\n";
}

}  // namespace lcr
