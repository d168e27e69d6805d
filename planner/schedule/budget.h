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

// A budget that cannot be met. The way out is a number: the smallest peak.
struct Shortage {
  Span span;
  const char* place = "";  // "host memory"
  int64_t limit = 0, peak = 0;
  std::string set_by;      // what is done at the peak; may be empty
  std::string instead;     // after the number: what else helps
};
void report_short(const Shortage& shortage, Diagnostics& diagnostics);

// Writes device, budgets and fixed bytes into the plan and chooses a setting within them. Nothing when there is none:
// reported with the smallest peak, and the operation and tensor that set it. Exports must be measured.
std::optional<Setting> settle(const ReadSchedule& schedule, const PlanWork& work, const Profile& profile, Plan& plan,
                              Diagnostics& diagnostics);

}  // namespace lcr
