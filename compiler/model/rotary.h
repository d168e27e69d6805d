#pragma once

#include "compiler/model/operations.h"

namespace lcr::elaboration {

// `rotary(dim, theta, scaling, limit, original, axes, order, space, rename)`: interprets a scaling object of
// config.json by its `rope_type` or `type`. Unknown kinds and unknown keys are errors. `rename` lists other names of
// longrope.
Term make_rotary(OperationCall& call);

}  // namespace lcr::elaboration
