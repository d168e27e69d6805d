#include "backend/algorithms/prune.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace lcr::tests {
namespace {

at::Tensor random(at::IntArrayRef shape, uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return at::randn(shape, generator, at::kFloat);
}

// The first `count` of a stable ascending sort, in float64.
std::vector<bool> naive_lowest(const at::Tensor& scores, int64_t count) {
  at::Tensor wide = scores.to(at::kDouble).contiguous();
  const double* score = wide.const_data_ptr<double>();
  std::vector<int64_t> order(wide.numel());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return score[a] < score[b]; });
  std::vector<bool> chosen(order.size());
  for (int64_t i = 0; i < count; ++i) chosen[order[i]] = true;
  return chosen;
}

void expect_lowest(const at::Tensor& chosen, const at::Tensor& scores, int64_t count) {
  std::vector<bool> expected = naive_lowest(scores, count);
  at::Tensor flat = chosen.flatten();
  for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(flat[i].item<bool>(), expected[i]) << i;
}

TEST(Prune, LowestCountsExactlyWhereScoresAreEqual) {
  at::Tensor scores = at::floor(random({7, 50}, 1) * 2);
  for (int64_t count : {0, 1, 20, 49, 50}) {
    at::Tensor chosen = lowest(scores, count);
    for (int64_t row = 0; row < 7; ++row) expect_lowest(chosen[row], scores[row], count);
  }
}

TEST(Prune, LowestOfGroupsCountsExactlyWhereScoresAreEqual) {
  at::Tensor scores = at::floor(random({5, 24}, 2) * 2);
  for (auto [kept, group] : {std::pair{2, 4}, {1, 4}, {4, 8}, {0, 2}, {3, 3}}) {
    at::Tensor chosen = lowest_of_groups(scores, kept, group);
    for (int64_t row = 0; row < 5; ++row)
      for (int64_t first = 0; first < 24; first += group)
        expect_lowest(chosen[row].narrow(0, first, group), scores[row].narrow(0, first, group), group - kept);
  }
}

TEST(Prune, SharesOfPercentagesLoseNothingToBinaryFractions) {
  EXPECT_EQ(removed(0.29, 100), 29);
  EXPECT_EQ(removed(0.07, 100), 7);
  EXPECT_EQ(removed(0.5, 5), 2);
  EXPECT_EQ(removed(1.0, 3), 3);
}

TEST(Prune, WandaWeighsByInputsInEveryRow) {
  at::Tensor weight = random({6, 40}, 3), squares = random({40}, 4).square();
  at::Tensor mask = wanda_mask(weight, squares, {.share = 0.3}, false);
  at::Tensor scores = weight.to(at::kDouble).abs() * squares.to(at::kDouble).sqrt();
  for (int64_t row = 0; row < 6; ++row) expect_lowest(mask[row].logical_not(), scores[row], 12);
}

TEST(Prune, KeptZerosStayAndCount) {
  at::Tensor weight = random({4, 16}, 5);
  weight.narrow(1, 0, 6).zero_();
  at::Tensor squares = at::ones({16});
  // Inputs of these columns never fired: free to go first, but zeros are before them.
  squares.narrow(0, 10, 6).zero_();
  at::Tensor mask = wanda_mask(weight, squares, {.share = 0.5}, true);
  EXPECT_TRUE(mask.logical_not().sum(1).eq(8).all().item<bool>());
  EXPECT_FALSE(mask.narrow(1, 0, 6).any().item<bool>());
  // More zeros than asked for: all of them stay.
  mask = wanda_mask(weight, squares, {.share = 0.25}, true);
  EXPECT_TRUE(mask.logical_not().sum(1).eq(6).all().item<bool>());
}

TEST(Prune, MagnitudeCountsOverTheTensor) {
  at::Tensor weight = random({9, 11}, 6).to(at::kBFloat16);
  at::Tensor mask = magnitude_mask(weight, {.share = 0.4});
  expect_lowest(mask.logical_not(), weight.abs().flatten(), 39);
  EXPECT_TRUE(existing_mask(at::mul(weight, mask)).equal(mask));
}

TEST(Prune, OutlierRatioIsAPercentageOfTheLayer) {
  // |w| * norm is 1, 8, 0, 2, 2, 0, 4, 0 with a mean of 17 / 8; or 1, 4, 0, 1, 2, 0, 4, 0 with 12 / 8.
  at::Tensor a = at::tensor({1.f, -4.f, 0.f, 1.f}).view({2, 2}), b = at::tensor({-2.f, 0.f, 4.f, 0.f}).view({2, 2});
  at::Tensor norms = at::tensor({1.f, 1.f}), doubled = at::tensor({1.f, 2.f});
  EXPECT_DOUBLE_EQ(outlier_ratio({a, b}, {doubled, norms}, 1.5), 100.0 * 2 / 8);
  EXPECT_DOUBLE_EQ(outlier_ratio({a, b}, {norms, norms}, 1.5), 100.0 * 2 / 8);
}

TEST(Prune, OwlSharesKeepTheMean) {
  std::vector<double> shares = owl_shares({1, 3, 2, 6}, 0.5, 0.08);
  EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0) / 4, 0.5, 1e-12);
  EXPECT_NEAR(shares[0] - shares[3], 0.16, 1e-12);
  EXPECT_GT(shares[2], shares[1]);
  EXPECT_EQ(owl_shares({2, 2}, 0.3, 0.1), (std::vector<double>{0.3, 0.3}));
  for (double share : owl_shares({0, 100}, 0.95, 0.5)) EXPECT_LE(share, 1.0);
}

}  // namespace
}  // namespace lcr::tests
