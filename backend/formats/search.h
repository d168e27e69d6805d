#pragma once

#include <cstdint>
#include <vector>

#include "backend/formats/quantize.h"

namespace lcr {

// Error of a tile at each shrink of the weight's observed range, for one scale a tensor; in units of 2^-30 of
// (absmax)^norm, integers so that the sum over tiles does not depend on their order. Added to `errors`.
void add_tensor_errors(const Quantizer& quantizer, const WeightRows& tile, const TensorRange& observed,
                       std::vector<int64_t>& errors);

// The range at the least error; among equals the widest. `errors` empty: the observed range.
TensorRange best_range(const Quantizer& quantizer, const TensorRange& observed, const std::vector<int64_t>& errors);

}  // namespace lcr
