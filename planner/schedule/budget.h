#pragma once

#include <optional>

#include "planner/schedule/choose.h"
#include "planner/schedule/make_plan.h"

namespace lcr {

// What a schedule asks for, with what it leaves open filled in.
struct ReadSchedule {
  std::string device = "cpu";
  Limits limits;
  MemoryBudget budget;
  double checkpoint_seconds = 300;
  Span host_span, device_span;
};

// From `--machine`, else the recipe's schedule, else the defaults.
ReadSchedule read_schedule(const Recipe& recipe, const PlanOptions& options);

// Writes device, budgets and fixed bytes into the plan and chooses a setting within them. Nothing when there is none:
// reported with the smallest peak, and the operation and tensor that set it. Exports must be measured.
std::optional<Setting> settle(const ReadSchedule& schedule, const PlanWork& work, const Profile& profile, Plan& plan,
                              Diagnostics& diagnostics);

}  // namespace lcr
