#pragma once

#include "planner/schedule/budget.h"

namespace lcr {

// Bytes that the calibration holds and FLOPs that it does, written into Plan::calibration and Plan::predicted. Reports
// L5002 and gives false when its peak does not fit the budgets: the smallest peak, and what sets it.
bool price_calibration(const ReadSchedule& schedule, const ModelGraph& graph, const NameIndex& names, Plan& plan,
                       Diagnostics& diagnostics);

}  // namespace lcr
