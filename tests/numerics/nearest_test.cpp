#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "buffers.h"
#include "precisions.h"

// In real arithmetic (float64), every weight must have got the nearest of the values that its unit can store, and scales
// must be the range over the code range to within the rounding of their dtype.
namespace lcr::tests {
namespace {

struct Unit {
  double scale;
  int zero = 0;
};

double scale_at(const Buffers& buffers, int64_t index) {
  const uint8_t* at = buffers.scales.data() + index * size_of(buffers.codec.scale);
  uint16_t half;
  float wide;
  switch (buffers.codec.scale) {
    case Dtype::F32: std::memcpy(&wide, at, 4); return wide;
    case Dtype::F16: std::memcpy(&half, at, 2); return reference::value_f16(half);
    case Dtype::BF16:
      std::memcpy(&half, at, 2);
      return std::ldexp(((half & 0x7F) | (half & 0x7F80 ? 0x80 : 0)) / 128.0, std::max(1, half >> 7) - 127);
    case Dtype::F8E4M3: return reference::value_e4m3(*at) / static_cast<double>(buffers.global);
    default: return std::ldexp(1.0, *at - 127);
  }
}

// All values of the element before scaling.
std::vector<double> values_of(const Format& format) {
  std::vector<double> values;
  if (format.element == Element::Int)
    for (int q = -(1 << (format.bits - 1)); q < 1 << (format.bits - 1); ++q) values.push_back(q);
  for (int code = 0; format.element == Element::Fp8 && code < 256; ++code)
    if ((code & 0x7F) != 0x7F) values.push_back(reference::value_e4m3(static_cast<uint8_t>(code)));
  for (int code = 0; format.element == Element::Fp4 && code < 16; ++code)
    values.push_back(reference::value_e2m1(static_cast<uint8_t>(code)));
  return values;
}

bool has_zero_points(const Case& c) { return c.precision.weights->element == Element::Int && !c.precision.weights->symmetric; }

std::vector<Case> cases(bool zero_points) {
  std::vector<Case> chosen;
  for (const Case& c : all_cases())
    if (has_zero_points(c) == zero_points) chosen.push_back(c);
  return chosen;
}

std::string title(const testing::TestParamInfo<Case>& info) { return info.param.name; }

class Nearest : public testing::TestWithParam<Case> {};
class ZeroPoints : public testing::TestWithParam<Case> {};

TEST_P(Nearest, EveryWeightTakesTheNearestValue) {
  const Format& format = *GetParam().precision.weights;
  const std::vector<double> values = values_of(format);
  for (Shape shape : {Shape::Normal, Shape::Outliers, Shape::Ties}) {
    const StoredWeight weight = stored(random_weight(35, 192, shape, 21), Dtype::BF16);
    const Buffers buffers = quantized(GetParam().precision, GetParam().observer, weight, Dtype::BF16);
    const std::vector<float> got = decoded(buffers);
    const ScaleGrid& grid = buffers.codec.grid;
    for (int64_t i = 0; i < 35 * 192; ++i) {
      const double scale = scale_at(buffers, i / 192 / grid.unit_rows * grid.columns + i % 192 / grid.unit_columns);
      double least = std::numeric_limits<double>::infinity();
      const double w = weight.values.values[i];
      for (double value : values) least = std::min(least, std::fabs(w - value * scale));
      ASSERT_LE(std::fabs(w - got[i]), least + 1e-6 * (std::fabs(w) + scale)) << "element " << i;
    }
  }
}

TEST_P(ZeroPoints, UnitsHoldZeroAndTheirRange) {
  const Format& format = *GetParam().precision.weights;
  for (Shape shape : {Shape::Normal, Shape::Positive, Shape::ZeroGroups}) {
    const StoredWeight weight = stored(random_weight(35, 192, shape, 22), Dtype::BF16);
    const Buffers buffers = quantized(GetParam().precision, GetParam().observer, weight, Dtype::BF16);
    const std::vector<float> got = decoded(buffers);
    const ScaleGrid& grid = buffers.codec.grid;
    const double codes = std::ldexp(1.0, format.bits) - 1;
    for (int64_t i = 0; i < 35 * 192; ++i) {
      const double scale = scale_at(buffers, i / 192 / grid.unit_rows * grid.columns + i % 192 / grid.unit_columns);
      const double w = weight.values.values[i];
      if (w == 0) {
        ASSERT_EQ(got[i], 0.f);
      }
      // Half a step for the code, half for the rounded zero point at the ends, and the rounding of the scale.
      ASSERT_LE(std::fabs(w - got[i]), scale * (1.0 + codes / 256)) << "element " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Nearest, testing::ValuesIn(cases(false)), title);
INSTANTIATE_TEST_SUITE_P(Formats, ZeroPoints, testing::ValuesIn(cases(true)), title);

}  // namespace
}  // namespace lcr::tests
