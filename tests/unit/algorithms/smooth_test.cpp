#include "backend/algorithms/smooth.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace lcr::tests {
namespace {

TEST(Smooth, SmoothQuantScaleIsTheReferences) {
  // a^0.8 / (2 w)^0.2; a where w is zero; at least 1e-5.
  at::Tensor scale = smoothquant_scale(at::tensor({4.f, 3.f, 0.f}), at::tensor({0.5f, 0.f, 1.f}), 0.8);
  EXPECT_FLOAT_EQ(scale[0].item<float>(), std::pow(4.f, 0.8f));
  EXPECT_FLOAT_EQ(scale[1].item<float>(), 3.f);
  EXPECT_FLOAT_EQ(scale[2].item<float>(), 1e-5f);
}

TEST(Smooth, MeasuresOfActivations) {
  at::Tensor low = at::tensor({-1.f, 2.f}), high = at::tensor({3.f, 6.f});
  EXPECT_TRUE(activation_magnitude(low, high, ActivationMeasure::Range).equal(at::tensor({4.f, 4.f})));
  EXPECT_TRUE(activation_magnitude(low, high, ActivationMeasure::AbsoluteMax).equal(at::tensor({3.f, 6.f})));
  EXPECT_FLOAT_EQ(activation_magnitude(low, high, ActivationMeasure::Log)[0].item<float>(), 4.f / std::log2(6.f));
}

TEST(Smooth, ColumnsOverAllWeights) {
  at::Tensor a = at::tensor({1.f, -5.f, -2.f, 0.f}).view({2, 2}), b = at::tensor({0.5f, 7.f}).view({1, 2});
  EXPECT_TRUE(column_absmax({a, b}).equal(at::tensor({2.f, 7.f})));
}

TEST(Smooth, ChannelsOfAnEntry) {
  at::Tensor entries = at::tensor({1, 0, 1, -1}, at::kLong), values = at::tensor({-3.f, 2.f, -1.f, 9.f});
  EXPECT_TRUE(max_by_entry(values, entries, 3).equal(at::tensor({2.f, -1.f, 0.f})));
  EXPECT_TRUE(mean_by_entry(values, entries, 3).equal(at::tensor({2.f, -2.f, 0.f})));
  at::Tensor spread = spread_to_channels(at::tensor({5.f, 6.f, 7.f}), entries);
  EXPECT_TRUE(spread.equal(at::tensor({6.f, 5.f, 6.f, 1.f})));
  EXPECT_TRUE(spread_to_channels(values, {}).equal(values));
}

}  // namespace
}  // namespace lcr::tests
