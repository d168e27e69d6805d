#pragma once

#include <string>
#include <vector>

#include "planner/plan/plan.h"

namespace lcr {

// What a plan says that contradicts itself, without looking at a model: names that lead nowhere, operations before
// their inputs, bytes that do not add up, peaks above the budgets, jobs that are written twice or never. Empty: it
// holds together. At most `most` findings.
std::vector<std::string> structure_problems(const Plan& plan, size_t most = 20);

// Most (unit, instance, job, expert) steps of a plan; more is a finding.
inline constexpr int64_t most_steps = int64_t{1} << 23;

}  // namespace lcr
