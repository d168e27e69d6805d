#include "backend/formats/quantize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "buffers.h"
#include "precisions.h"

namespace lcr::tests {
namespace {

constexpr Shape shapes[] = {Shape::Normal, Shape::Outliers, Shape::ZeroGroups, Shape::Subnormal,
                            Shape::Huge,   Shape::Positive, Shape::Ties};

class EveryFormat : public testing::TestWithParam<Case> {};

void expect_reference(const Case& c, const StoredWeight& weight, Dtype model) {
  const Buffers buffers = quantized(c.precision, c.observer, weight, model);
  const reference::Encoded expected = reference::quantize(c.precision, c.observer, weight.values, model, buffers.global);
  EXPECT_EQ(buffers.scales, expected.scales);
  EXPECT_EQ(buffers.zero_points, expected.zero_points);
  EXPECT_EQ(buffers.codes, expected.codes);
  const std::vector<float> values = decoded(buffers);
  EXPECT_EQ(std::memcmp(values.data(), expected.decoded.data(), values.size() * 4), 0);
}

TEST_P(EveryFormat, EqualsTheReference) {
  uint32_t seed = 1;
  for (Shape shape : shapes)
    for (int64_t rows : {1, shape == Shape::Outliers ? 66 : 37}) {
      SCOPED_TRACE(testing::Message() << "shape " << static_cast<int>(shape) << ", rows " << rows);
      expect_reference(GetParam(), stored(random_weight(rows, 192, shape, seed++), Dtype::BF16, 8), Dtype::BF16);
    }
  if (GetParam().precision.weights->scale != ScaleType::F16) {
    expect_reference(GetParam(), stored(random_weight(34, 64, Shape::Outliers, seed), Dtype::F32), Dtype::F32);
    expect_reference(GetParam(), stored(random_weight(34, 64, Shape::Subnormal, seed), Dtype::F32), Dtype::F32);
  }
  expect_reference(GetParam(), stored(random_weight(34, 64, Shape::Outliers, seed), Dtype::F16), Dtype::F16);
}

TEST_P(EveryFormat, TakesAnyWidthThatItsAreasAllow) {
  const Per per = GetParam().precision.weights->per;
  if (per == Per::Group) return;
  uint32_t seed = 1;
  for (int64_t columns : {1, 7, 31, 33, 50, 127, 200}) {
    SCOPED_TRACE(columns);
    expect_reference(GetParam(), stored(random_weight(35, columns, Shape::Outliers, seed++), Dtype::BF16), Dtype::BF16);
  }
}

TEST_P(EveryFormat, DoesNotDependOnTiles) {
  const StoredWeight weight = stored(random_weight(133, 192, Shape::Outliers, 5), Dtype::BF16);
  const Buffers whole = quantized(GetParam().precision, GetParam().observer, weight, Dtype::BF16);
  for (int64_t step : {32, 96}) {
    const Buffers tiled = quantized(GetParam().precision, GetParam().observer, weight, Dtype::BF16, step);
    EXPECT_EQ(whole.codes, tiled.codes);
    EXPECT_EQ(whole.scales, tiled.scales);
    EXPECT_EQ(whole.zero_points, tiled.zero_points);
  }
}

TEST_P(EveryFormat, HalvesMakeTheWhole) {
  const Case& c = GetParam();
  const StoredWeight weight = stored(random_weight(70, 192, Shape::Outliers, 6), Dtype::BF16);
  const Buffers whole = quantized(c.precision, c.observer, weight, Dtype::BF16);
  Buffers halves(c.precision, 70, 192, Dtype::BF16);
  halves.global = whole.global;
  const WeightRange range = observe(weight.all(), 0);
  const Quantizer quantizer = make_quantizer(c.precision, c.observer, 70, 192, Dtype::BF16);
  find_scales(quantizer, weight.all(), {range.low, range.high}, halves.at(0));
  encode(quantizer.codec, weight.all(), halves.at(0));
  EXPECT_EQ(whole.codes, halves.codes);
  EXPECT_EQ(whole.scales, halves.scales);
  EXPECT_EQ(whole.zero_points, halves.zero_points);
}

TEST_P(EveryFormat, MeasuresWhatItLost) {
  const StoredWeight weight = stored(random_weight(70, 192, Shape::Normal, 7), Dtype::BF16);
  TileResult result;
  const Buffers buffers =
      quantized(GetParam().precision, GetParam().observer, weight, Dtype::BF16, 32, &result, true);
  const std::vector<float> values = decoded(buffers);
  double error = 0, signal = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    error += std::pow(weight.values.values[i] - static_cast<double>(values[i]), 2);
    signal += std::pow(weight.values.values[i], 2);
  }
  EXPECT_NEAR(result.errors.error, error, 1e-9 * signal);
  EXPECT_NEAR(result.errors.signal, signal, 1e-9 * signal);
  EXPECT_NEAR(result.errors.relative(), std::sqrt(error / signal), 1e-7);
}

TEST_P(EveryFormat, NamesTheFirstNonFiniteWeight) {
  for (Dtype dtype : {Dtype::BF16, Dtype::F16, Dtype::F32}) {
    for (float bad : {std::nanf(""), -std::nanf(""), INFINITY, -INFINITY}) {
      reference::Weight values = random_weight(70, 192, Shape::Normal, 8);
      values.values[40 * 192 + 17] = bad;
      values.values[50 * 192 + 3] = bad;
      const StoredWeight weight = stored(values, dtype);
      const WeightRange range = observe(weight.all(), 0);
      EXPECT_EQ(range.non_finite.count, 2);
      EXPECT_EQ(range.non_finite.row, 40);
      EXPECT_EQ(range.non_finite.column, 17);
      TileResult result;
      const Buffers buffers = quantized(GetParam().precision, GetParam().observer, weight, Dtype::BF16, 32, &result);
      if (buffers.codec.whole_tensor) continue;  // found by observe()
      EXPECT_EQ(result.non_finite.count, 2);
      EXPECT_EQ(result.non_finite.row, 40);
      EXPECT_EQ(result.non_finite.column, 17);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryFormat, testing::ValuesIn(all_cases()),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

}  // namespace
}  // namespace lcr::tests
