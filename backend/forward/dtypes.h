#pragma once

#include "backend/forward/tensor.h"
#include "compiler/language/dtype.h"

namespace lcr {

// ATen's name of a safetensors dtype.
at::ScalarType scalar_type(Dtype dtype);

}  // namespace lcr
