#pragma once

#include "backend/calibrate/unit_tasks.h"
#include "backend/forward/fake_quantize.h"

namespace lcr {

// What readers of a plan's checkpoint do with activations: what is rounded, and what is rotated at run time. The plan's
// static scales are not found yet: here every format takes the scale of what it sees.
ActivationFormats activations_of(const Plan& plan, const ModelGraph& graph, const UnitTasks& tasks);

}  // namespace lcr
