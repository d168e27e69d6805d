#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/cost/memory.h"
#include "planner/machine/machine.h"
#include "planner/machine/profile.h"
#include "planner/plan/plan.h"

namespace lcr {

// JobWork of every job of every unit.
using PlanWork = std::vector<std::vector<JobWork>>;

// How the work is cut: what the planner chooses between.
struct Setting {
  int workers = 1;
  int64_t piece = 0;  // source bytes of a tile
};

// What a setting costs.
struct Cost {
  int64_t host = 0, device = 0;
  double seconds = 0;
  std::string host_set_by, device_set_by;  // the operation and what it works on
};

struct Limits {
  int64_t host = INT64_MAX, device = INT64_MAX, pinned = INT64_MAX;
  std::optional<int> workers;  // stated by the schedule
  int cores = 1;
};

// The setting with the smallest predicted time that stays within the limits; nothing when none does.
std::optional<Setting> choose(const Plan& plan, const PlanWork& work, const Limits& limits, const Profile& profile);
// The setting with the smallest peak.
Setting smallest(const Limits& limits);

Cost cost_of(const Plan& plan, const PlanWork& work, const Setting& setting, const Limits& limits,
             const Profile& profile);

// Host bytes that a device copies from and to.
int64_t pinned_bytes(const Plan& plan, const PlanWork& work, const Setting& setting);

// Writes the setting into the plan: workers, tiles, passes and operations of every job.
void apply(const Setting& setting, const PlanWork& work, Plan& plan);

}  // namespace lcr
