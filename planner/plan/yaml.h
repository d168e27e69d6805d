#pragma once

#include <optional>
#include <string>

#include "compiler/diagnostics/diagnostic.h"
#include "planner/plan/plan.h"

namespace lcr {

std::string write_plan(const Plan& plan);
// What the file says, whether it holds together or not. Refuses an unknown version, unknown keys, wrong types, absurd
// numbers, all as diagnostics with the line.
std::optional<Plan> parse_plan(const Sources& sources, uint32_t file, Diagnostics& diagnostics);
// The same, and refuses a plan that contradicts itself.
std::optional<Plan> read_plan(Sources& sources, uint32_t file, Diagnostics& diagnostics);

}  // namespace lcr
