#pragma once

#include <string>

#include "planner/plan/plan.h"

namespace lcr {

// For people: what becomes of the weights, in which files, at what cost.
std::string show_text(const Plan& plan);

// For programs: the plan's summary as JSON (docs/plan.md), `format_version` first.
std::string show_json(const Plan& plan);

}  // namespace lcr
