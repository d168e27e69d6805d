#include "planner/plan/original.h"

#include <algorithm>

namespace lcr {

bool approaches_original(const Plan& plan, const Job& job) {
  if (!plan.calibration || job.stack.empty() || plan.calibration->sequential == "none") return false;
  const Algorithm& solver = plan.stacks.at(job.stack).solver;
  const auto target = solver.parameters.find("target");
  return target != solver.parameters.end() && target->second == ParameterValue(std::string("original"));
}

bool has_profile(const Algorithm& pruner) {
  const auto profile = pruner.parameters.find("profile");
  return profile != pruner.parameters.end() && profile->second != ParameterValue(std::string("uniform"));
}

bool surveys(const Plan& plan) {
  return std::any_of(plan.prunings.begin(), plan.prunings.end(),
                     [](const auto& pruning) { return has_profile(pruning.second.algorithm); });
}

bool runs_original(const Plan& plan) {
  const auto tuned = [&](const Job& job) {
    return plan.calibration && plan.calibration->sequential != "none" && !job.stack.empty() &&
           plan.stacks.at(job.stack).solver.name == "autoround";
  };
  return std::any_of(plan.units.begin(), plan.units.end(), [&](const Unit& unit) {
    return std::any_of(unit.jobs.begin(), unit.jobs.end(), [&](const Job& job) { return approaches_original(plan, job) || tuned(job); });
  });
}

}  // namespace lcr
