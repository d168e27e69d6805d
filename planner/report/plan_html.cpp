#include <fmt/format.h>

#include "planner/plan/names.h"
#include "planner/plan/size_text.h"
#include "planner/report/drawings.h"
#include "planner/report/job_words.h"
#include "planner/report/page.h"
#include "planner/report/plan_pages.h"

namespace lcr {
namespace {

std::string allowed(const std::optional<int64_t>& budget) {
  return budget ? fmt::format(" of {} allowed", size_text(*budget)) : std::string();
}

std::string tiles(const Plan& plan, const RunReport& report) {
  const Prediction& predicted = plan.predicted;
  std::string text = "<div class=\"tiles\">";
  text += tile(fmt::format("{} → {}", size_text(report.size_before), size_text(report.size_after)),
               report.exports > 1 ? fmt::format("weights, before and after in {} exports", report.exports)
                                  : "weights, before and after");
  text += tile(time_text(predicted.seconds), "predicted");
  text += tile(size_text(predicted.host_peak), "host memory at most" + allowed(plan.budget.host));
  if (predicted.device_peak > 0)
    text += tile(size_text(predicted.device_peak), "device memory at most" + allowed(plan.budget.device));
  return text + "</div>\n";
}

std::string steps_of(const Job& job) {
  std::string text;
  for (const Operation& one : job.operations)
    text += fmt::format("{}{}", text.empty() ? "" : " → ", name_of(one.kind)) +
            (one.place == PlaceKind::Device ? " (device)" : "");
  return text;
}

std::string units_section(const Plan& plan) {
  std::string text =
      "<h2>Work</h2>\n<p class=\"lead\">What is done for one layer of each kind; bytes of that layer.</p>\n";
  for (const Unit& unit : plan.units) {
    text += fmt::format("<h3>{}</h3>\n<table><tr><th>what</th><th>becomes</th><th>steps</th><th class=\"n\">read</th>"
                        "<th class=\"n\">written</th></tr>\n",
                        escaped(unit_title(unit)));
    for (const Job& job : unit.jobs)
      text += fmt::format(
          "<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td><td class=\"n\">{}</td><td "
          "class=\"n\">{}</td></tr>\n",
          escaped(job_names(job)), escaped(job_result(plan, job)), escaped(steps_of(job)),
          size_text(job_bytes(job, OperationKind::Read)), size_text(job_bytes(job, OperationKind::Write)));
    text += "</table>\n";
  }
  return text;
}

std::string stages_table(const Plan& plan, const PlannedCalibration& calibration) {
  std::string text = "<table><tr><th>layer</th><th class=\"n\">pass</th><th>then solved</th></tr>\n";
  for (const UnitCalibration& one : calibration.units)
    for (size_t s = 0; s < one.stages.size(); ++s) {
      std::string names;
      for (uint32_t job : one.stages[s].jobs)
        names += (names.empty() ? "" : ", ") + job_names(plan.units[one.unit].jobs[job]);
      text += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td><code>{}</code></td></tr>\n",
                          escaped(plan.units[one.unit].name), s + 1, escaped(names));
    }
  return text + "</table>\n";
}

std::string calibration_section(const Plan& plan) {
  if (!plan.calibration) return {};
  const PlannedCalibration& calibration = *plan.calibration;
  std::string text = "<h2>Calibration</h2>\n<table class=\"facts\">";
  for (const CalibrationSource& source : calibration.data.sources)
    text += fmt::format("<tr><th>data</th><td><code>{}</code>, {} samples of at most {} tokens</td></tr>\n",
                        escaped(source.path), source.samples, calibration.data.length);
  text += fmt::format("<tr><th>rows wait</th><td>{}, {} at once</td></tr></table>\n", escaped(calibration.stream),
                      size_text(calibration.stream_bytes));
  return text + stages_table(plan, calibration);
}

std::string peaks_section(const Plan& plan) {
  if (plan.predicted.alternatives.empty()) return {};
  std::string text =
      "<h2>What was weighed</h2>\n<table><tr><th></th><th class=\"n\">host peak</th><th class=\"n\">device peak</th>"
      "<th class=\"n\">time</th><th>the peak is set by</th></tr>\n";
  for (const Alternative& one : plan.predicted.alternatives)
    text += fmt::format(
        "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>\n",
        escaped(one.name), size_text(one.host_peak), size_text(one.device_peak), time_text(one.seconds),
        escaped(one.set_by));
  return text + "</table>\n";
}

std::string exports_section(const Plan& plan) {
  std::string text =
      "<h2>Files</h2>\n<table><tr><th>folder</th><th>format</th><th class=\"n\">files</th><th "
      "class=\"n\">bytes</th></tr>\n";
  for (const PlannedExport& one : plan.exports)
    text += fmt::format("<tr><td><code>{}</code></td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
                        escaped(one.dir), escaped(one.format), one.shards.size(), size_text(one.bytes));
  return text + "</table>\n";
}

}  // namespace

std::string plan_html(const Plan& plan) {
  const RunReport report = planned_report(plan);
  std::string body = tiles(plan, report) + facts_table(report) + size_section(report) + map_section(report);
  body += units_section(plan) + calibration_section(plan) + peaks_section(plan) + exports_section(plan);
  body += "<h2>Reproduction</h2>\n" + assignment_section(report) + origins_table(report);
  return page(plan.recipe, "A plan: what a run of lcr would do, and what it would need.", body);
}

}  // namespace lcr
