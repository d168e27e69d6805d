#include <nlohmann/json.hpp>

#include "planner/plan/names.h"
#include "planner/plan/ranges.h"
#include "planner/plan/show.h"
#include "planner/plan/totals.h"

namespace lcr {
namespace {

using nlohmann::ordered_json;

ordered_json shares_json(const Shares& shares) {
  ordered_json result = ordered_json::object();
  for (const auto& [name, share] : shares)
    result[name] = {{"count", share.modules}, {"bytes_before", share.before}, {"bytes_after", share.after}};
  return result;
}

ordered_json job_json(const Job& job) {
  ordered_json operations = ordered_json::array();
  for (const Operation& operation : job.operations)
    operations.push_back({{"do", name_of(operation.kind)},
                          {"at", name_of(operation.place)},
                          {"after", operation.after},
                          {"bytes_in", operation.bytes_in},
                          {"bytes_out", operation.bytes_out},
                          {"live", operation.live},
                          {"flops", operation.flops}});
  return {{"modules", job.modules},
          {"tensors", job.tensors},
          {"points", job.points},
          {"matrices", job.matrices},
          {"first_expert", job.first_expert},
          {"experts", job.experts},
          {"precision", job.precision},
          {"stack", job.stack},
          {"cache", job.cache},
          {"dequantize", job.dequantize},
          {"tile_rows", job.tile_rows},
          {"passes", job.passes},
          {"operations", std::move(operations)}};
}

ordered_json unit_json(const Unit& unit) {
  ordered_json jobs = ordered_json::array();
  for (const Job& job : unit.jobs) jobs.push_back(job_json(job));
  return {{"name", unit.name},
          {"count", unit.instances.size()},
          {"instances", with_ranges(unit.instances)},
          {"precisions", shares_json(shares_of(unit))},
          {"jobs", std::move(jobs)}};
}

ordered_json export_json(const PlannedExport& exported) {
  ordered_json files = ordered_json::array(), groups = ordered_json::array();
  for (const OutputShard& shard : exported.shards)
    files.push_back({{"name", shard.file}, {"bytes", shard.bytes}, {"tensors", shard.tensors}});
  for (const ConfigGroupText& group : exported.groups)
    groups.push_back({{"precision", group.precision}, {"format", group.format}, {"targets", group.targets}});
  return {{"format", exported.format},
          {"dir", exported.dir},
          {"dtype", exported.dtype},
          {"bytes", exported.bytes},
          {"config_format", exported.config_format},
          {"groups", std::move(groups)},
          {"ignore", exported.ignore},
          {"cache", exported.cache},
          {"queries", exported.queries},
          {"files", std::move(files)}};
}

ordered_json prediction_json(const Plan& plan) {
  const Prediction& predicted = plan.predicted;
  ordered_json alternatives = ordered_json::array();
  for (const Alternative& one : predicted.alternatives)
    alternatives.push_back({{"name", one.name},
                            {"host_peak", one.host_peak},
                            {"device_peak", one.device_peak},
                            {"seconds", one.seconds},
                            {"set_by", one.set_by}});
  return {{"host_peak", predicted.host_peak},
          {"device_peak", predicted.device_peak},
          {"bytes_read", predicted.bytes_read},
          {"bytes_written", predicted.bytes_written},
          {"flops", predicted.flops},
          {"seconds", predicted.seconds},
          {"alternatives", std::move(alternatives)}};
}

ordered_json optional_bytes(const std::optional<int64_t>& bytes) {
  return bytes ? ordered_json(*bytes) : ordered_json(nullptr);
}

}  // namespace

std::string show_json(const Plan& plan) {
  ordered_json origins = ordered_json::array(), units = ordered_json::array(), exports = ordered_json::array();
  for (const Origin& origin : plan.origins)
    origins.push_back({{"kind", origin.kind}, {"name", origin.name}, {"hash", origin.hash}});
  for (const Unit& unit : plan.units) units.push_back(unit_json(unit));
  for (const PlannedExport& exported : plan.exports) exports.push_back(export_json(exported));
  ordered_json precisions = ordered_json::object();
  for (const auto& [name, precision] : plan.precisions) precisions[name] = to_string(precision);
  ordered_json caches = ordered_json::object();
  for (const auto& [name, cache] : plan.caches)
    caches[name] = {{"format", to_string(cache.format, false)}, {"with", to_string(cache.solver)}};
  const ordered_json document = {{"format_version", std::to_string(plan.major) + "." + std::to_string(plan.minor)},
                                 {"tool", plan.tool},
                                 {"recipe", plan.recipe},
                                 {"model", plan.model},
                                 {"architecture", plan.architecture},
                                 {"origins", std::move(origins)},
                                 {"device", plan.device},
                                 {"workers", plan.workers},
                                 {"tile_bytes", plan.tile_bytes},
                                 {"budget",
                                  {{"host", optional_bytes(plan.budget.host)},
                                   {"pinned", optional_bytes(plan.budget.pinned)},
                                   {"device", optional_bytes(plan.budget.device)},
                                   {"disk", optional_bytes(plan.budget.disk)},
                                   {"reserve", plan.budget.reserve}}},
                                 {"predicted", prediction_json(plan)},
                                 {"precisions", std::move(precisions)},
                                 {"caches", std::move(caches)},
                                 {"totals", shares_json(shares_of(plan))},
                                 {"units", std::move(units)},
                                 {"untied", plan.untied},
                                 {"exports", std::move(exports)}};
  return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace lcr
