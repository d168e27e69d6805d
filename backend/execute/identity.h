#pragma once

#include <cstddef>
#include <string>

#include "planner/plan/plan.h"

namespace lcr {

// Equal for two plans of one export if and only if they write the same bytes: the recipe's half, the model, the jobs and
// the files, but not places, tiles, workers, budgets, predictions or folders. A run can be resumed by any plan of the
// same identity, on another budget or machine.
std::string plan_identity(const Plan& plan, size_t export_index);

}  // namespace lcr
