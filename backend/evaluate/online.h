#pragma once

#include "backend/evaluate/runnable_model.h"
#include "backend/forward/online_transforms.h"

namespace lcr {

// What the checkpoint's transform_config has readers rotate at run time, with the matrices that it stores; matrices of
// type `hadamard` are Sylvester's in natural order, whatever is stored. Reports L8011: what no reader could run, and
// matrices that are missing.
OnlineTransforms read_online(const RunnableModel& model, Diagnostics& diagnostics);

}  // namespace lcr
