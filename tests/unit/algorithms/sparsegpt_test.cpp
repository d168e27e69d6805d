#include "backend/algorithms/sparsegpt.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "naive.h"

namespace lcr::tests {
namespace {

struct Problem {
  at::Tensor weight, second;
  Factor factor;

  explicit Problem(int64_t out = 24, int64_t in = 96) {
    at::Generator generator = at::detail::createCPUGenerator(31);
    weight = at::randn({out, in}, generator, at::kFloat);
    second = second_moment(random_inputs(300, in, 32));
    factor = *factorize(second, {.activation_order = false});
  }
};

// Inverses of the damped moment with the first columns eliminated one after another.
std::vector<at::Tensor> inverses(const Problem& problem) {
  int64_t in = problem.second.size(0);
  at::Tensor inverse = at::linalg_inv(problem.second.to(at::kDouble) + problem.factor.added * at::eye(in, at::kDouble));
  std::vector<at::Tensor> result;
  for (int64_t j = 0; j < in; ++j) {
    result.push_back(inverse.clone());
    inverse = inverse - at::outer(inverse.select(1, j), inverse[j]) / inverse[j][j];
  }
  return result;
}

// Optimal brain surgeon column by column in float64 (arXiv 2301.00774, equations 3 to 5).
struct Naive {
  at::Tensor weight, gone;

  Naive(const Problem& problem, const Amount& amount, int64_t block) {
    weight = problem.weight.to(at::kDouble).clone();
    gone = at::zeros_like(weight, at::kBool);
    std::vector<at::Tensor> inverse = inverses(problem);
    int64_t in = weight.size(1);
    for (int64_t j = 0; j < in; ++j) {
      if (amount.group > 0 ? j % amount.group == 0 : j % block == 0)
        choose(inverse, j, amount.group > 0 ? amount.group : std::min(block, in - j), amount);
      at::Tensor error = weight.select(1, j) * gone.select(1, j) / inverse[j][j][j];
      weight = weight - at::outer(error, inverse[j][j]);
      weight.select(1, j).masked_fill_(gone.select(1, j), 0);
    }
  }

  void choose(const std::vector<at::Tensor>& inverse, int64_t first, int64_t count, const Amount& amount) {
    int64_t out = weight.size(0);
    std::vector<std::tuple<double, int64_t, int64_t>> scores;
    auto take = [&](int64_t n) {
      std::sort(scores.begin(), scores.end());
      for (int64_t i = 0; i < n; ++i) gone[std::get<1>(scores[i])][std::get<2>(scores[i])] = true;
      scores.clear();
    };
    for (int64_t row = 0; row < out; ++row) {
      for (int64_t j = first; j < first + count; ++j) {
        double w = weight[row][j].item<double>();
        scores.emplace_back(w * w / inverse[j][j][j].item<double>(), row, j);
      }
      if (amount.group > 0) take(amount.group - amount.kept);
    }
    if (amount.group == 0) take(removed(amount.share, out * (first + count)) - removed(amount.share, out * first));
  }
};

void expect_as_derived(const Amount& amount, int64_t block) {
  Problem problem;
  Pruned pruned = sparsegpt(problem.weight, problem.factor, problem.second, amount, false, block);
  Naive naive(problem, amount, block);
  EXPECT_TRUE(pruned.mask.equal(naive.gone.logical_not()));
  EXPECT_TRUE(at::allclose(pruned.weight.to(at::kDouble), naive.weight, 1e-3, 1e-4));
  EXPECT_TRUE((pruned.weight != 0).equal(pruned.mask));
  double error = quadratic_error(pruned.weight, problem.weight, problem.second);
  EXPECT_NEAR(pruned.error, error, 1e-4 * error);
}

TEST(SparseGpt, AsDerivedForAShare) {
  expect_as_derived({.share = 0.5}, 32);
  expect_as_derived({.share = 0.37}, 20);
}

TEST(SparseGpt, AsDerivedForGroups) {
  expect_as_derived({.kept = 2, .group = 4}, 32);
  expect_as_derived({.kept = 1, .group = 8}, 96);
}

TEST(SparseGpt, BlocksHoldWholeGroups) {
  Problem problem;
  Pruned pruned = sparsegpt(problem.weight, problem.factor, problem.second, {.kept = 2, .group = 4}, false, 30);
  EXPECT_TRUE(pruned.mask.view({24, -1, 4}).sum(2).eq(2).all().item<bool>());
}

TEST(SparseGpt, RemovesTheShareExactly) {
  Problem problem;
  for (double share : {0.1, 0.333, 0.5, 0.9}) {
    Pruned pruned = sparsegpt(problem.weight, problem.factor, {}, {.share = share}, false, 28);
    EXPECT_EQ(pruned.mask.logical_not().sum().item<int64_t>(), removed(share, 24 * 96));
  }
}

TEST(SparseGpt, LosesLessThanTheMaskAlone) {
  Problem problem;
  Pruned pruned = sparsegpt(problem.weight, problem.factor, problem.second, {.share = 0.5}, false, 32);
  at::Tensor masked = magnitude_mask(problem.weight, {.share = 0.5}) * problem.weight;
  EXPECT_LT(pruned.error, 0.7 * quadratic_error(masked, problem.weight, problem.second));
}

TEST(SparseGpt, KeptZerosStayAcrossBlocks) {
  Problem problem;
  at::Tensor zeros = at::arange(24 * 96).view({24, 96}) % 5 == 0;
  problem.weight.masked_fill_(zeros, 0);
  for (Amount amount : {Amount{.share = 0.5}, Amount{.kept = 2, .group = 4}}) {
    Pruned pruned = sparsegpt(problem.weight, problem.factor, problem.second, amount, true, 16);
    EXPECT_FALSE(pruned.mask.masked_select(zeros).any().item<bool>());
    EXPECT_EQ(pruned.mask.sum().item<int64_t>(), 24 * 48);
  }
}

TEST(SparseGpt, ColumnsWithoutInputGoFirst) {
  Problem problem;
  at::Tensor second = problem.second.clone();
  second.narrow(0, 8, 4).zero_();
  second.narrow(1, 8, 4).zero_();
  Factor factor = *factorize(second, {.activation_order = false});
  Pruned pruned = sparsegpt(problem.weight, factor, second, {.share = 0.25}, false, 32);
  EXPECT_FALSE(pruned.mask.narrow(1, 8, 4).any().item<bool>());
}

}  // namespace
}  // namespace lcr::tests
