#pragma once

#include <optional>
#include <string>

#include "compiler/diagnostics/diagnostic.h"
#include "planner/plan/plan.h"

namespace lcr {

std::string write_plan(const Plan& plan);
// Refuses an unknown major version, unknown keys, wrong types, absurd numbers, all as diagnostics with the line.
std::optional<Plan> read_plan(Sources& sources, uint32_t file, Diagnostics& diagnostics);

}  // namespace lcr
