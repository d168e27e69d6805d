#include "planner/schedule/budget.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/planning.h"
#include "planner/cost/memory.h"
#include "planner/plan/size_text.h"

namespace lcr {
namespace {

// Data-free work runs on the first device.
void take_device(const Schedule& schedule, const std::string& wanted, ReadSchedule& result) {
  if (schedule.devices.empty() || wanted == "cpu") return;
  const DevicePlace& first = schedule.devices.front();
  result.device = "cuda";
  result.device_span = first.span;
  result.budget.device = first.memory;
  result.budget.reserve = first.reserve;
  if (first.memory) result.limits.device = std::max<int64_t>(0, *first.memory - first.reserve);
}

}  // namespace

void report_short(const Shortage& shortage, Diagnostics& diagnostics) {
  const auto& [span, place, limit, peak, set_by, instead] = shortage;
  Diagnostic& diagnostic =
      diagnostics.report(codes::L5002, span, fmt::format("the {} budget of {} cannot be met", place, limit_text(limit)),
                         fmt::format("the smallest peak is {}", limit_text(peak)));
  if (!set_by.empty()) diagnostic.note(fmt::format("{} sets it", set_by));
  diagnostic.help(fmt::format("allow at least {}{}", limit_text(peak), instead));
  diagnostic.with("place", std::string(place)).with("limit", limit).with("smallest", peak).with("set_by", set_by);
}

ReadSchedule read_schedule(const Recipe& recipe, const PlanOptions& options) {
  ReadSchedule result;
  const Schedule none;
  const Schedule& schedule = options.machine ? *options.machine : recipe.schedule ? *recipe.schedule : none;
  result.limits.cores = std::max(1, options.host.cores);
  result.checkpoint_seconds = schedule.checkpoint_seconds;
  result.host_span = schedule.host ? schedule.host->span : schedule.span;
  result.device_span = result.host_span;
  result.device = options.device.empty() ? "cpu" : options.device;
  take_device(schedule, options.device, result);

  result.budget.host =
      schedule.host && schedule.host->memory ? *schedule.host->memory : default_host_budget(options.host);
  result.limits.host = *result.budget.host;
  if (result.device == "cuda") {
    result.budget.pinned = schedule.host && schedule.host->pinned ? *schedule.host->pinned : *result.budget.host / 4;
    result.limits.pinned = *result.budget.pinned;
  }
  if (!schedule.disks.empty()) result.budget.disk = schedule.disks.front().memory;
  if (schedule.workers) result.limits.workers = int(*schedule.workers);
  return result;
}

std::optional<Setting> settle(const ReadSchedule& schedule, const PlanWork& work, const Profile& profile, Plan& plan,
                              Diagnostics& diagnostics) {
  plan.device = schedule.device;
  plan.budget = schedule.budget;
  plan.checkpoint_seconds = schedule.checkpoint_seconds;
  int64_t tensors = 0;
  for (const PlannedExport& exported : plan.exports)
    for (const OutputShard& shard : exported.shards) tensors += shard.tensors;
  plan.fixed_bytes = fixed_host_bytes(tensors, plan.device == "cuda");

  auto setting = choose(plan, work, schedule.limits, profile);
  if (setting) return setting;
  const Cost least = cost_of(plan, work, smallest(schedule.limits), schedule.limits, profile);
  if (least.host > schedule.limits.host)
    report_short({schedule.host_span, "host memory", schedule.limits.host, least.host, least.host_set_by, ""}, diagnostics);
  if (least.device > schedule.limits.device)
    report_short({schedule.device_span, "device memory", *plan.budget.device, least.device + plan.budget.reserve,
                  least.device_set_by, ""},
                 diagnostics);
  if (const int64_t pinned = pinned_bytes(plan, work, smallest(schedule.limits)); pinned > schedule.limits.pinned)
    report_short({schedule.host_span, "pinned memory", schedule.limits.pinned, pinned, least.host_set_by, ""}, diagnostics);
  return std::nullopt;
}

}  // namespace lcr
