#include "backend/algorithms/awq.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backend/algorithms/hadamard.h"
#include "naive.h"

namespace lcr::tests {
namespace {

GridOptions options(const Format& format) {
  GridOptions result;
  result.precision.weights = format;
  return result;
}

const GridOptions grouped = options({.element = Element::Int, .bits = 3, .per = Per::Group, .group = 32});
const GridOptions nvfp4 = options(
    {.element = Element::Fp4, .bits = 4, .per = Per::Group, .group = 16, .scale = ScaleType::E4M3, .global = true});

at::Tensor random(at::IntArrayRef shape, uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return at::randn(shape, generator, at::kFloat);
}

struct Set {
  at::Tensor inputs = random_inputs(200, 64, 3), second = second_moment(inputs);
  std::vector<AwqReader> readers{{random({40, 64}, 1), second, {}, grouped}, {random({24, 64}, 2), second, {}, grouped}};
  at::Tensor x_mean = inputs.abs().mean(0).to(at::kFloat);
};

TEST(Awq, WeightMeanIsThatOfSharesOfTheirGroup) {
  Set set;
  at::Tensor mean = awq_weight_mean(set.readers, 64);
  for (int64_t column : {0, 31, 32, 63}) {
    double sum = 0;
    for (const AwqReader& reader : set.readers)
      for (int64_t row = 0; row < reader.weight.size(0); ++row) {
        at::Tensor group = reader.weight[row].narrow(0, column / 32 * 32, 32).abs();
        sum += std::abs(reader.weight[row][column].item<double>()) / (group.max().item<double>() + 1e-6);
      }
    EXPECT_NEAR(mean[column].item<double>(), sum / 64, 1e-6);
  }
}

TEST(Awq, WeightMeanOverChannelsOfAnEntry) {
  Set set;
  at::Tensor columns = awq_weight_mean(set.readers, 64);
  for (AwqReader& reader : set.readers) reader.entries = at::arange(64).remainder(16);
  at::Tensor entries = awq_weight_mean(set.readers, 16);
  EXPECT_TRUE(at::allclose(entries, columns.view({4, 16}).mean(0)));
}

TEST(Awq, CandidatesAreTheReferences) {
  at::Tensor x = at::tensor({4., 0.25, 1.}), w = at::tensor({0.5, 0.1, 0.9});
  auto off = awq_candidates(x, {}, Duo::Off, 3);
  ASSERT_EQ(off.size(), 3u);
  EXPECT_TRUE(at::allclose(off[0], at::ones({3}, at::kDouble)));
  EXPECT_TRUE(at::allclose(off[1], at::tensor({2., 0.5, 1.}, at::kDouble)));
  EXPECT_TRUE(at::allclose(off[2], x.to(at::kDouble)));
  auto on = awq_candidates(x, w, Duo::On, 20);
  ASSERT_EQ(on.size(), 20u);
  EXPECT_TRUE(on[0].eq(1).all().item<bool>());
  at::Tensor expected = x.pow(3.0 / 18) / (w.pow(15.0 / 18) + 1e-4);
  expected = (expected / (expected.max() * expected.min()).sqrt()).to(at::kDouble);
  EXPECT_TRUE(at::allclose(on[4], expected));
  EXPECT_EQ(awq_candidates(x, w, Duo::Both, 20).size(), 20u);
  EXPECT_EQ(awq_candidates(x, w, Duo::On, 2).size(), 2u);
}

TEST(Awq, ChannelsThatNeverFireStayFinite) {
  for (const at::Tensor& scale : awq_candidates(at::tensor({0., 3., 1.}), at::tensor({0., 1., 0.}), Duo::Both, 10))
    EXPECT_TRUE(scale.isfinite().all().item<bool>());
}

// The Gram form against the outputs themselves.
TEST(Awq, GramLossIsTheOutputsError) {
  Set set;
  at::Tensor scale = awq_candidates(set.x_mean, awq_weight_mean(set.readers, 64), Duo::On, 20)[8];
  auto rounded = awq_rounded(set.readers, scale);
  double expected = 0;
  for (size_t i = 0; i < 2; ++i) {
    at::Tensor lost = (rounded[i] - set.readers[i].weight).to(at::kDouble);
    expected += at::matmul(set.inputs, lost.t()).square().sum().item<double>() / 200;
  }
  EXPECT_NEAR(gram_loss(set.readers, scale), expected, 1e-4 * expected);
  // Readers of different values: the same sum.
  set.readers[1].second = set.second.clone();
  EXPECT_NEAR(gram_loss(set.readers, scale), expected, 1e-4 * expected);
}

TEST(Awq, RoundedIsRoundingOfTheScaledWeight) {
  Set set;
  at::Tensor scale = set.x_mean / set.x_mean.mean();
  at::Tensor scaled = set.readers[0].weight * scale;
  Grid grid = find_grid(scaled, {}, grouped);
  EXPECT_TRUE(at::allclose(awq_rounded(set.readers, scale)[0], decode(grid, encode(grid, scaled)) / scale));
}

TEST(Awq, FusedReadersShareTheirGlobalScale) {
  Set set;
  for (AwqReader& reader : set.readers) reader.options = nvfp4, reader.fused = 1;
  set.readers[1].weight = set.readers[1].weight * 100;
  at::Tensor ones = at::ones({64});
  GridOptions shared = nvfp4;
  shared.absmax = set.readers[1].weight.abs().max().item<float>();
  Grid grid = find_grid(set.readers[0].weight, {}, shared);
  at::Tensor expected = decode(grid, encode(grid, set.readers[0].weight));
  EXPECT_TRUE(awq_rounded(set.readers, ones)[0].equal(expected));
  set.readers[0].fused = -1;
  EXPECT_FALSE(awq_rounded(set.readers, ones)[0].equal(expected));
}

// The largest of what is rounded: a rotation makes outliers small.
TEST(Awq, FusedReadersShareTheGlobalScaleOfRotatedWeights) {
  Set set;
  const at::Tensor turn = hadamard(64).to(at::kFloat);
  for (AwqReader& reader : set.readers) {
    reader.options = nvfp4;
    reader.weight[0][0] = 100;
    reader.rotate = [=](const at::Tensor& w) { return at::matmul(w, turn); };
    reader.restore = [=](const at::Tensor& w) { return at::matmul(w, turn.t()); };
  }
  at::Tensor ones = at::ones({64}, at::kDouble);
  set.readers.pop_back();
  const at::Tensor alone = awq_rounded(set.readers, ones)[0];
  set.readers.front().fused = 1;
  EXPECT_TRUE(at::equal(awq_rounded(set.readers, ones)[0], alone));
}

TEST(Awq, ChoosesTheLeastFiniteLoss) {
  EXPECT_EQ(choose_awq({3, NAN, 1, 1, 2}).candidate, 2u);
  EXPECT_EQ(choose_awq({NAN, INFINITY}).candidate, AwqChoice::none);
  Set set;
  auto candidates = awq_candidates(set.x_mean, awq_weight_mean(set.readers, 64), Duo::On, 20);
  AwqChoice choice = choose_awq_linear(set.readers, candidates);
  ASSERT_NE(choice.candidate, AwqChoice::none);
  EXPECT_LT(choice.losses[choice.candidate], gram_loss(set.readers, at::ones({64})));
}

}  // namespace
}  // namespace lcr::tests
