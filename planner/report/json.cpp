#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "planner/report/report.h"

namespace lcr {
namespace {

using nlohmann::ordered_json;

template <class Value>
ordered_json maybe(const std::optional<Value>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json maps_json(const RunReport& report) {
  ordered_json maps = ordered_json::array();
  for (const PrecisionMap& map : report.maps) {
    ordered_json rows = ordered_json::array();
    for (const MapRow& row : map.rows) {
      ordered_json errors = ordered_json::array();
      for (double error : row.errors) errors.push_back(error < 0 ? ordered_json() : ordered_json(error));
      rows.push_back(
          {{"name", row.name}, {"precisions", row.precisions}, {"bits", row.bits}, {"errors", std::move(errors)}});
    }
    maps.push_back({{"stack", map.stack}, {"layers", map.layers}, {"rows", std::move(rows)}});
  }
  return maps;
}

ordered_json metrics_json(const RunReport& report) {
  ordered_json metrics = ordered_json::array();
  for (const ModuleMetric& metric : report.metrics)
    metrics.push_back({{"module", metric.module},
                       {"precision", metric.precision},
                       {"stack", metric.stack},
                       {"rel_fro", metric.error},
                       {"rel_output", maybe(metric.output_error)},
                       {"sqnr_db", maybe(metric.decibels)},
                       {"rule", metric.rule},
                       {"place", metric.place}});
  return metrics;
}

ordered_json pruned_json(const RunReport& report) {
  ordered_json layers = ordered_json::array();
  for (const PrunedLayer& layer : report.pruned)
    layers.push_back(
        {{"layer", layer.layer}, {"pruning", layer.pruning}, {"share", layer.share}, {"experts", layer.experts}});
  return layers;
}

ordered_json allocation_json(const RunReport& report) {
  if (!report.allocation) return nullptr;
  const PlannedAllocation& allocation = *report.allocation;
  ordered_json limits = ordered_json::array(), groups = ordered_json::array(), frontier = ordered_json::array();
  for (const SpentLimit& limit : allocation.limits)
    limits.push_back({{"what", limit.what}, {"over", limit.over}, {"limit", limit.limit}, {"used", limit.used},
                      {"lowest", limit.lowest}, {"highest", limit.highest}});
  for (const AllocatedGroup& group : allocation.groups)
    groups.push_back({{"name", group.name}, {"modules", group.modules}, {"parameters", group.parameters},
                      {"chosen", group.candidates[group.chosen]}, {"candidates", group.candidates}, {"bytes", group.bytes},
                      {"scores", group.scores}});
  for (const FrontierPoint& point : allocation.frontier) frontier.push_back({{"limit", point.limit}, {"score", point.score}});
  return {{"measure", allocation.measure}, {"samples", allocation.samples}, {"score", allocation.score},
          {"limits", std::move(limits)}, {"frontier", std::move(frontier)},
          {"next", {{"step", allocation.next.limit}, {"score", allocation.next.score}}}, {"groups", std::move(groups)}};
}

ordered_json memory_json(const RunReport& report) {
  ordered_json points = ordered_json::array();
  for (const MemoryPoint& point : report.memory) points.push_back({{"seconds", point.seconds}, {"host", point.host}});
  return points;
}

ordered_json spent_json(const RunReport& report) {
  const WorkerSeconds& workers = report.workers;
  const CalibrationSeconds& calibration = report.calibration;
  return {{"workers",
           {{"seconds", workers.all},
            {"reading", workers.reading},
            {"writing", workers.writing},
            {"waiting", workers.waiting}}},
          {"calibration",
           {{"seconds", calibration.all},
            {"passes", calibration.passes},
            {"smoothing", calibration.smoothing},
            {"solving", calibration.solving},
            {"writing", calibration.writing}}}};
}

ordered_json benchmarks_json(const RunReport& report) {
  ordered_json files = ordered_json::array();
  for (const Benchmarks& one : report.benchmarks) {
    ordered_json rows = ordered_json::array();
    for (const BenchmarkRow& row : one.rows)
      rows.push_back({{"task", row.task}, {"version", row.version}, {"filter", row.filter}, {"shots", row.shots},
                      {"metric", row.metric}, {"value", row.value}, {"error", maybe(row.error)}});
    files.push_back({{"file", one.file}, {"rows", std::move(rows)}});
  }
  return files;
}

ordered_json assignment_json(const RunReport& report) {
  ordered_json rows = ordered_json::array();
  for (const AssignmentRow& row : report.assignment)
    rows.push_back({{"modules", row.names}, {"precision", row.precision}, {"with", row.stack}});
  return rows;
}

}  // namespace

std::string report_json(const RunReport& report) {
  ordered_json origins = ordered_json::array(), sizes = ordered_json::array(), evaluation;
  for (const Origin& origin : report.origins)
    origins.push_back({{"kind", origin.kind}, {"name", origin.name}, {"hash", fmt::format("{:016x}", origin.hash)}});
  for (const SizeRow& row : report.sizes)
    sizes.push_back({{"precision", row.precision},
                     {"modules", row.modules},
                     {"bytes_before", row.before},
                     {"bytes_after", row.after}});
  if (const auto& result = report.evaluation)
    evaluation = {{"file", result->file},       {"perplexity", result->perplexity}, {"nll", result->nll},
                  {"tokens", result->tokens},   {"windows", result->windows},       {"kl", maybe(result->kl)},
                  {"top1", maybe(result->top1)}};
  ordered_json caches = ordered_json::array(), experts = ordered_json::array();
  for (const CacheRow& row : report.caches)
    caches.push_back({{"cache", row.cache},
                      {"format", row.format},
                      {"with", row.algorithm},
                      {"points", row.points},
                      {"least", row.points > 0 ? ordered_json(row.least) : ordered_json()},
                      {"most", row.points > 0 ? ordered_json(row.most) : ordered_json()}});
  for (const ExpertRow& row : report.experts)
    experts.push_back({{"module", row.module},
                       {"experts", row.experts},
                       {"least", row.least},
                       {"median", row.median},
                       {"most", row.most},
                       {"coverage", row.coverage},
                       {"starved", row.starved}});
  const Prediction& predicted = report.predicted;
  const ordered_json all = {{"format_version", "1.0"},
                            {"recipe", report.recipe},
                            {"recipe_file", report.recipe_file},
                            {"model", report.model},
                            {"architecture", report.architecture},
                            {"lcr", report.tool},
                            {"device", report.device},
                            {"out", report.out},
                            {"run", report.run},
                            {"status", report.status},
                            {"processes", report.processes},
                            {"stacks", report.stacks},
                            {"predicted",
                             {{"host_peak", predicted.host_peak},
                              {"device_peak", predicted.device_peak},
                              {"seconds", predicted.seconds},
                              {"bytes_read", predicted.bytes_read},
                              {"bytes_written", predicted.bytes_written},
                              {"bytes_moved", report.moved}}},
                            {"actual",
                             {{"host_peak", maybe(report.host_peak)},
                              {"device_peak", maybe(report.device_peak)},
                              {"seconds", report.seconds},
                              {"bytes_read", report.bytes_read},
                              {"bytes_written", report.bytes_written}}},
                            {"memory", memory_json(report)},
                            {"spent", spent_json(report)},
                            {"sizes", std::move(sizes)},
                            {"bytes_before", report.size_before},
                            {"bytes_after", report.size_after},
                            {"modules", metrics_json(report)},
                            {"maps", maps_json(report)},
                            {"budget", allocation_json(report)},
                            {"pruned", pruned_json(report)},
                            {"caches", std::move(caches)},
                            {"experts", std::move(experts)},
                            {"evaluation", std::move(evaluation)},
                            {"benchmarks", benchmarks_json(report)},
                            {"assignment", assignment_json(report)},
                            {"warnings", report.warnings},
                            {"origins", std::move(origins)},
                            {"commands", report.commands}};
  return all.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace lcr
