#pragma once

#include "planner/plan/plan.h"

namespace lcr {

// Whether a job's solver approaches what the weights gave on the inputs of the unchanged model. With `sequential = none`
// these are the inputs that it sees anyway.
bool approaches_original(const Plan& plan, const Job& job);

// Whether the unchanged model runs beside the one that is rewritten.
bool runs_original(const Plan& plan);

}  // namespace lcr
