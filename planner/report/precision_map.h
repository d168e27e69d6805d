#pragma once

#include "planner/report/report.h"

namespace lcr {

// The maps of a plan's stacks of layers, with the largest error of each place; what lies outside of layers comes last,
// as a map of one column.
std::vector<PrecisionMap> precision_maps(const Plan& plan, const std::vector<ModuleMetric>& metrics);

}  // namespace lcr
