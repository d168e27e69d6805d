#pragma once

#include "backend/forward/device.h"
#include "planner/plan/plan.h"

namespace lcr {

// What calibrating a plan, which must outlive it, will use its device for.
DeviceUse device_use(const Plan& plan);

}  // namespace lcr
