#pragma once

#include "backend/cuda/lcr_cuda.h"
#include "backend/formats/quantize.h"

namespace lcr {

// What `tile` says of the codec and of how its scales are found, for `rows` rows of a weight under the global scale;
// places of numbers but `shrinks` are left alone.
void describe_codec(const Quantizer& quantizer, int64_t rows, float global, lcr_cuda_tile& tile);

}  // namespace lcr
