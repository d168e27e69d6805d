#include "planner/report/words.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "planner/plan/size_text.h"

namespace lcr {
namespace {

std::string difference(double predicted, double actual) {
  return predicted > 0 ? fmt::format("{:+.0f} %", (actual - predicted) / predicted * 100) : std::string();
}

Comparison bytes(std::string what, int64_t predicted, std::optional<int64_t> actual) {
  return {std::move(what), size_text(predicted), actual ? size_text(*actual) : "not measured",
          actual ? difference(static_cast<double>(predicted), static_cast<double>(*actual)) : ""};
}

// Shares of `all`, the rest of it under `rest`.
SpentTable spent(std::string title, double all, std::vector<std::pair<std::string, double>> parts, std::string rest) {
  double left = all;
  for (const auto& [name, seconds] : parts) left -= seconds;
  parts.emplace_back(std::move(rest), std::max(0.0, left));
  SpentTable table{std::move(title), {}};
  for (const auto& [name, seconds] : parts)
    if (seconds >= 1e-3) table.rows.push_back({name, time_text(seconds), fmt::format("{:.0f} %", 100 * seconds / all)});
  return table;
}

}  // namespace

std::vector<SpentTable> spent_tables(const RunReport& report) {
  std::vector<SpentTable> tables;
  if (const CalibrationSeconds& sum = report.calibration; sum.all > 0)
    tables.push_back(spent("time of the calibration", sum.all,
                           {{"running the layers", sum.passes},
                            {"smoothing", sum.smoothing},
                            {"solving", sum.solving},
                            {"keeping what was solved", sum.writing}},
                           "the rest"));
  if (const WorkerSeconds& sum = report.workers; sum.all > 0)
    tables.push_back(spent("time of the workers that write the files", sum.all,
                           {{"stalled: reading", sum.reading},
                            {"stalled: writing", sum.writing},
                            {"stalled: waiting for the calibration", sum.waiting}},
                           "computing"));
  return tables;
}

std::vector<Comparison> comparisons(const RunReport& report) {
  const Prediction& predicted = report.predicted;
  std::vector<Comparison> result = {bytes("host memory, peak", predicted.host_peak, report.host_peak)};
  if (predicted.device_peak > 0)
    result.push_back(bytes("device memory, peak", predicted.device_peak, report.device_peak));
  result.push_back(
      {"time", time_text(predicted.seconds), time_text(report.seconds), difference(predicted.seconds, report.seconds)});
  result.push_back(bytes("read", predicted.bytes_read, report.bytes_read));
  // The calibration maps the files: what of them it touched is not counted.
  if (report.calibrated) result.back().actual += ", and what calibration mapped", result.back().difference.clear();
  if (report.moved > 0) result.push_back({"moved to the device and back", size_text(report.moved), "not measured", ""});
  result.push_back(bytes("written", predicted.bytes_written, report.bytes_written));
  return result;
}

std::vector<Fact> facts(const RunReport& report) {
  std::vector<Fact> result = {{"recipe", report.recipe_file.empty() ? report.recipe : report.recipe_file},
                              {"model", report.model},
                              {"architecture", report.architecture},
                              {"output", report.out},
                              {"made by", report.tool},
                              {"computed on", report.device},
                              {"status", report.status.empty() ? "not ended" : report.status}};
  // A plan that was not run.
  if (report.run.empty() && report.processes == 0)
    std::erase_if(result, [](const Fact& fact) { return fact.second.empty() || fact.first == "status"; });
  if (report.processes > 1) result.push_back({"processes", fmt::format("{}: the run was resumed", report.processes)});
  for (const std::string& stack : report.stacks) result.push_back({"algorithms", stack});
  return result;
}

std::string after_words(const RunReport& report) {
  return report.exports > 1 ? fmt::format("after, {} exports", report.exports) : "after";
}

std::string error_words(double error) {
  return error < 1e-4 && error > 0 ? fmt::format("{:.1e}", error) : fmt::format("{:.4f}", error);
}

std::string decibel_words(const ModuleMetric& metric) {
  return metric.decibels ? fmt::format("{:.1f} dB", *metric.decibels) : "exact";
}

std::string scale_words(const CacheRow& row, double scale) {
  return row.points > 0 ? fmt::format("{:.4g}", scale) : std::string();
}

std::string ranges(const std::vector<int64_t>& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size();) {
    size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (text.empty() ? "" : ", ") +
            (last == i ? fmt::format("{}", numbers[i]) : fmt::format("{}–{}", numbers[i], numbers[last]));
    i = last + 1;
  }
  return text;
}

std::vector<LayerError> layer_errors(const RunReport& report) {
  std::vector<LayerError> result;
  for (const PrecisionMap& map : report.maps)
    for (size_t layer = 0; layer < map.layers.size(); ++layer) {
      LayerError one{map.layers[layer] < 0 ? (map.stack.empty() ? "outside of layers" : map.stack)
                                           : fmt::format("{}.{}", map.stack, map.layers[layer]),
                     0, 0, 0};
      for (const MapRow& row : map.rows) {
        if (row.errors[layer] < 0) continue;
        one.largest = std::max(one.largest, row.errors[layer]);
        one.mean += row.errors[layer];
        ++one.modules;
      }
      if (one.modules == 0) continue;
      one.mean /= static_cast<double>(one.modules);
      result.push_back(std::move(one));
    }
  return result;
}

std::string removed_words(const PrunedLayer& layer) {
  std::string text = fmt::format("{:.2f} %", 100 * layer.share);
  for (size_t i = 0; i < layer.experts.size(); ++i)
    text += fmt::format("{} {}", i == 0 ? ": experts" : ",", layer.experts[i]);
  return text;
}

}  // namespace lcr
