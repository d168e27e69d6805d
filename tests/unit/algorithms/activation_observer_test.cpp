#include "backend/algorithms/activation_observer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "backend/algorithms/activation_scales.h"

namespace lcr::tests {
namespace {

Format fp8(Per per = Per::Tensor, int64_t group = 0) {
  return {.element = Element::Fp8, .bits = 8, .per = per, .group = group};
}

Format int8(bool symmetric) { return {.element = Element::Int, .bits = 8, .per = Per::Tensor, .symmetric = symmetric}; }

Observer observer(const char* name, std::map<std::string, double> parameters = {}) { return {name, parameters}; }

const Observer mse = observer("mse", {{"from", 1}, {"to", 0.3}, {"grid", 20}, {"norm", 2.4}, {"patience", 5}});

at::Tensor tile(uint64_t seed, int64_t rows = 12, int64_t width = 16) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return at::randn({rows, width}, generator, at::kFloat).to(at::kBFloat16);
}

ActivationObserver seen(const Observer& how, const Format& format, const std::vector<at::Tensor>& tiles) {
  ActivationObserver result(how, format, 16, 2, at::kBFloat16);
  for (const at::Tensor& x : tiles) result.observe(x, {}, 0);
  return result;
}

float bf16(double value) { return static_cast<float>(c10::BFloat16(static_cast<float>(value))); }

TEST(ActivationObserver, MinmaxIsRoundedInTheModelsDtype) {
  at::Tensor a = tile(1), b = tile(2);
  ActivationScales scales = seen(observer("minmax"), fp8(), {a, b}).scales();
  double absmax = at::cat({a, b}).abs().max().item<double>();
  EXPECT_EQ(scales.scale.scalar_type(), at::kBFloat16);
  EXPECT_EQ(scales.scale.sizes(), at::IntArrayRef({1}));
  EXPECT_EQ(scales.scale[0].item<float>(), bf16(absmax / 448));
  EXPECT_FALSE(scales.zero_point.defined());
  scales = seen(observer("minmax"), int8(true), {a, b}).scales();
  EXPECT_EQ(scales.scale[0].item<float>(), bf16(absmax / 127.5));
}

TEST(ActivationObserver, ZeroPointsRoundAtEveryStep) {
  at::Tensor a = tile(3) + 1;
  ActivationScales scales = seen(observer("minmax"), int8(false), {a}).scales();
  double low = a.min().item<double>(), high = a.max().item<double>();
  float scale = bf16(bf16(high - low) / 255), zero = std::nearbyint(bf16(-128 - bf16(low / scale)));
  EXPECT_EQ(scales.scale[0].item<float>(), scale);
  EXPECT_EQ(scales.zero_point[0].item<float>(), zero);
  EXPECT_EQ(scales.zero_point.scalar_type(), at::kChar);
}

TEST(ActivationObserver, PaddingDoesNotCount) {
  at::Tensor x = tile(4), mask = at::ones({12}, at::kBool);
  x[3].fill_(1000);
  x[7].fill_(std::nanf(""));
  mask[3] = false, mask[7] = false;
  std::vector<Observer> all = {observer("minmax"), observer("ema", {{"rate", 0.1}}), observer("percentile", {{"share", 0.9}}), mse};
  for (const Observer& how : all) {
    ActivationObserver padded(how, fp8(), 16, 1, at::kBFloat16), plain(how, fp8(), 16, 1, at::kBFloat16);
    padded.observe(x, mask, 0);
    plain.observe(x.index({mask}), {}, 0);
    EXPECT_TRUE(padded.finite());
    EXPECT_TRUE(padded.scales().scale.equal(plain.scales().scale)) << how.name;
  }
}

TEST(ActivationObserver, HeadsAndGroupsHaveTheirOwnScales) {
  at::Tensor x = tile(5);
  at::Tensor heads = seen(observer("minmax"), fp8(Per::Head), {x.view({12, 2, 8})}).scales().scale;
  at::Tensor groups = seen(observer("minmax"), fp8(Per::Group, 4), {x}).scales().scale;
  ASSERT_EQ(heads.sizes(), at::IntArrayRef({2}));
  ASSERT_EQ(groups.sizes(), at::IntArrayRef({4}));
  for (int64_t i = 0; i < 2; ++i)
    EXPECT_EQ(heads[i].item<float>(), bf16(x.narrow(1, 8 * i, 8).abs().max().item<double>() / 448));
  for (int64_t i = 0; i < 4; ++i)
    EXPECT_EQ(groups[i].item<float>(), bf16(x.narrow(1, 4 * i, 4).abs().max().item<double>() / 448));
}

TEST(ActivationObserver, AveragesFollowTheTilesInOrder) {
  std::vector<at::Tensor> tiles;
  for (uint64_t i = 0; i < 5; ++i) tiles.push_back(tile(10 + i) * (1.0 + static_cast<double>(i)));
  double rate = 0.3, low = tiles[0].min().item<double>(), high = tiles[0].max().item<double>();
  for (size_t i = 1; i < tiles.size(); ++i) {
    low = (1 - rate) * low + rate * tiles[i].min().item<double>();
    high = (1 - rate) * high + rate * tiles[i].max().item<double>();
  }
  Observer ema = observer("ema", {{"rate", rate}});
  UnitRanges one = seen(ema, fp8(), tiles).range();
  EXPECT_NEAR(one.low[0].item<double>(), low, 1e-12);
  EXPECT_NEAR(one.high[0].item<double>(), high, 1e-12);
  // The same in parts, out of turn, by two observers.
  ActivationObserver first(ema, fp8(), 16, 1, at::kBFloat16), second(ema, fp8(), 16, 1, at::kBFloat16);
  second.observe(tiles[4], {}, 7);
  first.observe(tiles[0], {}, 0);
  second.observe(tiles[2], {}, 3);
  second.observe(tiles[3], {}, 3);
  first.observe(tiles[1], {}, 0);
  second.merge(first);
  EXPECT_NEAR(second.range().low[0].item<double>(), low, 1e-12);
  EXPECT_NEAR(second.range().high[0].item<double>(), high, 1e-12);
}

TEST(ActivationObserver, PercentileIsTheSortedMagnitude) {
  at::Tensor x = at::cat({tile(20), tile(21)});
  std::vector<double> magnitudes;
  at::Tensor sorted = std::get<0>(x.abs().to(at::kDouble).flatten().sort());
  for (double share : {0.6, 0.95, 0.999, 1.0}) {
    double expected = sorted[static_cast<int64_t>(std::ceil(share * 384)) - 1].item<double>();
    UnitRanges range = seen(observer("percentile", {{"share", share}}), fp8(), {x}).range();
    EXPECT_EQ(range.high[0].item<double>(), std::min(expected, x.max().item<double>())) << share;
    EXPECT_EQ(range.low[0].item<double>(), std::max(-expected, x.min().item<double>())) << share;
  }
}

// Error of a scale over the values themselves, e4m3 by its definition.
double error_of(const at::Tensor& x, double scale, double norm) {
  at::Tensor flat = x.to(at::kDouble).flatten();
  double sum = 0;
  for (int64_t i = 0; i < flat.numel(); ++i) {
    double value = flat[i].item<double>(), quotient = std::clamp(value / scale, -448.0, 448.0);
    double step = std::exp2(std::max(std::floor(std::log2(std::abs(quotient) + 1e-300)), -6.0) - 3);
    sum += std::pow(std::abs(std::nearbyint(quotient / step) * step * scale - value), norm);
  }
  return sum;
}

TEST(ActivationObserver, MseTriesEveryShrink) {
  at::Tensor x = tile(30) * 0.01;
  x[0][0] = 9;
  double least = INFINITY, shrink = 0;
  for (int i = 0; i < 20; ++i) {
    double candidate = 1 + (0.3 - 1) * i / 19.0, error = error_of(x, bf16(bf16(9 * candidate) / 448), 2.4);
    if (error < least) least = error, shrink = candidate;
  }
  Observer patient = mse;
  patient.parameters["patience"] = 100;
  EXPECT_NEAR(seen(patient, fp8(), {x}).range().high[0].item<double>(), 9 * shrink, 1e-9);
}

TEST(ActivationObserver, MergedCountsAreThoseOfOne) {
  for (const Observer& how : {mse, observer("percentile", {{"share", 0.9}})}) {
    ActivationObserver one = seen(how, fp8(), {tile(40), tile(41)}), left = seen(how, fp8(), {tile(40)});
    ActivationObserver right(how, fp8(), 16, 1, at::kBFloat16);
    right.observe(tile(41), {}, 4);
    right.merge(left);
    EXPECT_TRUE(right.scales().scale.equal(one.scales().scale));
  }
}

TEST(ActivationObserver, FixedRangesNeedNoValues) {
  ActivationObserver fixed = seen(observer("fixed", {{"value", 448}}), fp8(), {});
  EXPECT_FALSE(fixed.empty());
  EXPECT_EQ(fixed.scales().scale[0].item<float>(), 1.f);
}

TEST(ActivationObserver, GlobalScalesOfTwoLevelInputs) {
  Format format{.element = Element::Fp4, .bits = 4, .per = Per::Group, .group = 16, .scale = ScaleType::E4M3, .global = true,
                .dynamic = true};
  at::Tensor x = tile(50);
  ActivationScales scales = seen(observer("minmax"), format, {x}).scales();
  EXPECT_FALSE(scales.scale.defined());
  EXPECT_FLOAT_EQ(scales.global_scale[0].item<float>(), 2688.f / x.abs().max().item<float>());
  EXPECT_EQ(activation_global_scale(0)[0].item<float>(), 1.f);
}

TEST(ActivationObserver, ZerosAndValuesThatAreNotFinite) {
  ActivationObserver zeros = seen(observer("minmax"), fp8(), {at::zeros({4, 16}, at::kBFloat16)});
  EXPECT_EQ(zeros.scales().scale[0].item<float>(), 0x1p-7f);
  ActivationObserver none = seen(observer("minmax"), fp8(), {});
  EXPECT_TRUE(none.empty());
  at::Tensor x = tile(60);
  x[2][3] = INFINITY;
  EXPECT_FALSE(seen(mse, fp8(), {x, tile(61)}).finite());
  x[2][3] = std::nanf("");
  EXPECT_FALSE(seen(mse, fp8(), {tile(61), x}).finite());
}

}  // namespace
}  // namespace lcr::tests
