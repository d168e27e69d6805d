#pragma once

#include "planner/plan/plan.h"

namespace lcr {

// Whether a job's solver approaches what the weights gave on the inputs of the unchanged model. With `sequential = none`
// these are the inputs that it sees anyway.
bool approaches_original(const Plan& plan, const Job& job);

// Whether a pruner gives each layer a share of its own.
bool has_profile(const Algorithm& pruner);

// Whether one look at all layers of the unchanged model comes before the work.
bool surveys(const Plan& plan);

// Whether the unchanged model runs beside the one that is rewritten: for such solvers, and for layers that are tuned to its
// outputs.
bool runs_original(const Plan& plan);

}  // namespace lcr
