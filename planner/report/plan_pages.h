#pragma once

#include <string>

#include "planner/plan/plan.h"

namespace lcr {

// A plan for people: one page without references to others, with the drawings of reports.
std::string plan_html(const Plan& plan);

// The plan as a graph for Graphviz: jobs of each distinct layer, the stages of the calibration that they wait for, exports.
std::string plan_dot(const Plan& plan);

}  // namespace lcr
