#pragma once

#include <vector>

#include "planner/report/report.h"

namespace lcr {

// What every module and tensor of a plan gets: a row for each precision and stack of a unit.
std::vector<AssignmentRow> assignment_of(const Plan& plan);

}  // namespace lcr
