#include <fmt/format.h>

#include "planner/plan/size_text.h"
#include "planner/report/job_words.h"
#include "planner/report/plan_pages.h"

namespace lcr {
namespace {

// Lines of a label.
std::string label(std::initializer_list<std::string> lines) {
  std::string text;
  for (const std::string& line : lines) {
    if (!text.empty()) text += "\\n";
    for (char c : line) text += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return text;
}

std::string job_node(const Plan& plan, const Job& job) {
  return label({job_names(job), job_result(plan, job),
                fmt::format("{} -> {}", size_text(job_bytes(job, OperationKind::Read)),
                            size_text(job_bytes(job, OperationKind::Write)))});
}

// A pass over the data solves the jobs of a stage; the next one sees their new weights.
std::string stages(const PlannedCalibration& calibration, uint32_t unit) {
  std::string text;
  for (const UnitCalibration& one : calibration.units) {
    if (one.unit != unit) continue;
    for (size_t s = 0; s < one.stages.size(); ++s) {
      text += fmt::format("    u{}s{} [shape=ellipse, label=\"pass {}\"];\n", unit, s, s + 1);
      if (s > 0) text += fmt::format("    u{}s{} -> u{}s{} [style=dashed];\n", unit, s - 1, unit, s);
      for (uint32_t job : one.stages[s].jobs) text += fmt::format("    u{}s{} -> u{}j{};\n", unit, s, unit, job);
    }
  }
  return text;
}

}  // namespace

std::string plan_dot(const Plan& plan) {
  std::string text = fmt::format("digraph \"{}\" {{\n", label({plan.recipe}));
  text += "  rankdir=LR;\n  compound=true;\n  node [shape=box, fontsize=10];\n  edge [color=gray40];\n";
  text += fmt::format("  source [shape=folder, label=\"{}\"];\n",
                      label({plan.model.empty() ? plan.architecture : plan.model,
                             "read " + size_text(plan.predicted.bytes_read)}));
  for (uint32_t u = 0; u < plan.units.size(); ++u) {
    const Unit& unit = plan.units[u];
    text += fmt::format("  subgraph cluster_u{} {{\n    label=\"{}\";\n", u, label({unit_title(unit)}));
    for (size_t j = 0; j < unit.jobs.size(); ++j)
      text += fmt::format("    u{}j{} [label=\"{}\"];\n", u, j, job_node(plan, unit.jobs[j]));
    if (plan.calibration) text += stages(*plan.calibration, u);
    text += "  }\n";
  }
  for (size_t e = 0; e < plan.exports.size(); ++e) {
    const PlannedExport& exported = plan.exports[e];
    text += fmt::format("  export{} [shape=folder, label=\"{}\"];\n", e,
                        label({exported.dir, exported.format, size_text(exported.bytes)}));
  }
  for (size_t u = 0; u < plan.units.size(); ++u) {
    if (plan.units[u].jobs.empty()) continue;
    text += fmt::format("  source -> u{}j0 [lhead=cluster_u{}];\n", u, u);
    for (size_t e = 0; e < plan.exports.size(); ++e)
      text += fmt::format("  u{}j{} -> export{} [ltail=cluster_u{}];\n", u, plan.units[u].jobs.size() - 1, e, u);
  }
  return text + "}\n";
}

}  // namespace lcr
