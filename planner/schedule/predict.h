#pragma once

#include "planner/schedule/choose.h"

namespace lcr {

// Fills Plan::predicted for the setting that was applied, with the naive plan (every output file's weights resident,
// read, then solved, then written) and the smallest peak beside it. Exports must be cut already.
void predict(const PlanWork& work, const Setting& setting, const Limits& limits, const Profile& profile, Plan& plan);

}  // namespace lcr
