#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "backend/formats/search.h"
#include "buffers.h"
#include "precisions.h"

namespace lcr::tests {
namespace {

Observer mse(double norm) {
  Observer observer;
  observer.name = "mse";
  observer.parameters = {{"from", 1.0}, {"to", 0.81}, {"grid", 20}, {"norm", norm}, {"patience", 5}};
  return observer;
}

double error(const StoredWeight& weight, const std::vector<float>& values, double norm) {
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i)
    sum += std::pow(std::fabs(static_cast<double>(weight.values.values[i]) - values[i]), norm);
  return sum;
}

double error_of(const Precision& precision, const Observer& observer, const StoredWeight& weight, double norm) {
  return error(weight, decoded(quantized(precision, observer, weight, Dtype::BF16)), norm);
}

TEST(Mse, NeverLosesToMinmaxAndOftenWins) {
  const StoredWeight weight = stored(random_weight(40, 192, Shape::Outliers, 11), Dtype::BF16);
  Format block = integer(8, Per::Block, 0, false);
  block.block_rows = 32;
  block.block_columns = 48;
  block.bits = 4;
  for (double norm : {2.0, 2.4})
    for (const Precision& precision :
         {weights(integer(4, Per::Group, 64, true)), weights(integer(3, Per::Channel, 0, true)),
          weights(integer(4, Per::Group, 64, false)), weights(integer(4, Per::Tensor, 0, true)),
          weights(integer(4, Per::Tensor, 0, false)), weights(nvfp4()), weights(fp8(Per::Channel)), weights(block)}) {
      const double searched = error_of(precision, mse(norm), weight, norm), plain = error_of(precision, {}, weight, norm);
      EXPECT_LE(searched, plain * 1.0001) << to_string(*precision.weights);
      const Format& format = *precision.weights;
      if (format.bits <= 4 && format.element == Element::Int && (format.per == Per::Group || format.per == Per::Channel)) {
        EXPECT_LT(searched, plain * 0.995) << to_string(format);
      }
    }
}

// Against an exhaustive search in float64 over the same candidates.
TEST(Mse, FindsTheBestCandidateOfEachGroup) {
  const StoredWeight weight = stored(random_weight(8, 128, Shape::Normal, 12), Dtype::F32);
  Format format = integer(4, Per::Group, 32, true);
  format.scale = ScaleType::F32;
  Observer observer = mse(2.4);
  observer.parameters["patience"] = 20;
  const Buffers buffers = quantized(weights(format), observer, weight, Dtype::F32);
  for (int64_t unit = 0; unit < 32; ++unit) {
    const float* x = weight.values.values.data() + unit * 32;
    float absmax = 0, stored_scale;
    for (int i = 0; i < 32; ++i) absmax = std::max(absmax, std::fabs(x[i]));
    std::memcpy(&stored_scale, buffers.scales.data() + unit * 4, 4);
    const auto loss = [&](double scale) {
      double sum = 0;
      for (int i = 0; i < 32; ++i) {
        const double q = std::min(7.0, std::max(-8.0, std::nearbyint(x[i] / scale)));
        sum += std::pow(std::fabs(x[i] - q * scale), 2.4);
      }
      return sum;
    };
    double best = INFINITY;
    for (int i = 0; i < 20; ++i) best = std::min(best, loss(absmax * (1 - 0.01 * i) / 7.5));
    EXPECT_LE(loss(stored_scale), best * 1.002) << unit;
  }
}

TEST(Mse, WholeTensorSearchDoesNotDependOnTiles) {
  const StoredWeight weight = stored(random_weight(133, 192, Shape::Outliers, 13), Dtype::BF16);
  const Precision precision = weights(integer(4, Per::Tensor, 0, true));
  const Buffers whole = quantized(precision, mse(2.4), weight, Dtype::BF16);
  for (int64_t step : {1, 32, 100}) EXPECT_EQ(whole.scales, quantized(precision, mse(2.4), weight, Dtype::BF16, step).scales);
}

TEST(Mse, ZeroWeightsKeepTheDefinedScale) {
  const StoredWeight weight = stored({2, 64, std::vector<float>(128, 0.f)}, Dtype::BF16);
  const Buffers buffers = quantized(weights(integer(4, Per::Group, 32, true)), mse(2.4), weight, Dtype::BF16);
  uint16_t scale;
  std::memcpy(&scale, buffers.scales.data(), 2);
  EXPECT_EQ(scale, 0x3C00);  // 2^-7
}

TEST(FourOverSix, NeverLosesToSix) {
  for (Shape shape : {Shape::Normal, Shape::Outliers, Shape::Positive, Shape::Ties}) {
    const StoredWeight weight = stored(random_weight(40, 192, shape, 14), Dtype::BF16);
    Observer observer;
    observer.name = "four_over_six";
    EXPECT_LE(error_of(weights(nvfp4()), observer, weight, 2), error_of(weights(nvfp4()), {}, weight, 2) * 1.000001);
  }
}

TEST(Exponent, CeilNeverSaturatesAndFloorIsOcp) {
  const auto byte = [&](const char* exponent, Element element, float value) {
    StoredWeight w = stored({1, 32, std::vector<float>(32, value)}, Dtype::BF16);
    Observer observer;
    observer.exponent = exponent;
    return static_cast<int>(quantized(weights(mx(element)), observer, w, Dtype::BF16).scales[0]);
  };
  EXPECT_EQ(byte("floor", Element::Fp4, 5.5f), 127);
  EXPECT_EQ(byte("ceil", Element::Fp4, 6.f), 127);
  EXPECT_EQ(byte("ceil", Element::Fp4, 6.0625f), 128);
  EXPECT_EQ(byte("floor", Element::Fp4, 7.9375f), 127);
  EXPECT_EQ(byte("ceil", Element::Fp8, 448.f), 127);
  EXPECT_EQ(byte("ceil", Element::Fp8, 450.f), 128);
  EXPECT_EQ(byte("floor", Element::Fp8, 508.f), 127);
}

}  // namespace
}  // namespace lcr::tests
