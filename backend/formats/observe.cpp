#include "backend/formats/observe.h"

#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "backend/formats/bits.h"
#include "backend/formats/kernels.h"

namespace lcr {

void NonFinite::merge(const NonFinite& other) {
  if (other.count == 0) return;
  if (count == 0 || std::tie(other.row, other.column) < std::tie(row, column)) {
    row = other.row;
    column = other.column;
  }
  count += other.count;
}

void WeightRange::merge(const WeightRange& other) {
  low = other.low < low ? other.low : low;
  high = other.high > high ? other.high : high;
  non_finite.merge(other.non_finite);
}

WeightRange observe(const WeightRows& weight, int64_t first_row) {
  WeightRange result;
  bool finite = true;
  for (int64_t row = 0; row < weight.rows; ++row) {
    float low, high;
    kernels().range(weight.row(row), weight.dtype, 1, weight.columns, &low, &high);
    finite = finite && std::isfinite(low) && std::isfinite(high);
    result.low = low < result.low ? low : result.low;
    result.high = high > result.high ? high : result.high;
  }
  if (!finite) result.non_finite = locate_non_finite(weight, first_row);
  return result;
}

NonFinite locate_non_finite(const WeightRows& weight, int64_t first_row) {
  NonFinite result;
  std::vector<float> values(static_cast<size_t>(weight.columns));
  for (int64_t row = 0; row < weight.rows; ++row) {
    kernels().widen(weight.row(row), weight.dtype, weight.columns, values.data());
    for (int64_t column = 0; column < weight.columns; ++column)
      if (!std::isfinite(values[column])) result.merge({1, first_row + row, column});
  }
  return result;
}

float global_scale(float absmax) {
  const float least = std::numeric_limits<float>::min();
  // In this order, as the reference does: its bits differ from those of one division.
  const float scale = 1.f / (absmax > least ? absmax : least) * (bits::largest_e4m3 * bits::largest_e2m1);
  return std::isfinite(scale) ? scale : 1.f;
}

}  // namespace lcr
