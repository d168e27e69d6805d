#pragma once

#include <cstdint>

#include "backend/formats/codec.h"

namespace lcr {

// Where weights are NaN or infinite: how many, and the first in row-major order (rows as the caller numbers them).
struct NonFinite {
  int64_t count = 0;
  int64_t row = -1, column = -1;

  // Adds what another tile found; tiles may come in any order.
  void merge(const NonFinite& other);
};

// Range of a tile or tensor, zero included.
struct WeightRange {
  float low = 0.f, high = 0.f;
  NonFinite non_finite;  // low and high say nothing when there are any

  float absmax() const { return -low > high ? -low : high; }
  void merge(const WeightRange& other);
};

// One pass over a tile whose first row has the number first_row.
WeightRange observe(const WeightRows& weight, int64_t first_row);

// The non-finite weights of a tile: the slow pass, for tiles that are known to hold some.
NonFinite locate_non_finite(const WeightRows& weight, int64_t first_row);

// NVFP4's scale above the group scales, 448 * 6 / absmax; absmax is that of all fused siblings together. 1 when that
// overflows.
float global_scale(float absmax);

}  // namespace lcr
