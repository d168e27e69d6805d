#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backend/algorithms/gptq.h"
#include "naive.h"

namespace lcr::tests {
namespace {

at::Tensor damped(const at::Tensor& second, const Factor& factor) {
  at::Tensor matrix = second.to(at::kDouble).clone();
  matrix.diagonal().masked_fill_(factor.dead, 1.0).add_(factor.added);
  return factor.order.defined() ? matrix.index_select(0, factor.order).index_select(1, factor.order) : matrix;
}

double residual(const at::Tensor& second, const Factor& factor) {
  at::Tensor upper = factor.upper.to(at::kDouble);
  at::Tensor product = upper.t().matmul(upper).matmul(damped(second, factor));
  return (product - at::eye(second.size(0), at::kDouble)).abs().max().item<double>();
}

TEST(Factorize, InvertsTheDampedMatrix) {
  for (int64_t in : {1, 2, 17, 96, 200})
    for (bool order : {false, true}) {
      at::Tensor second = second_moment(random_inputs(3 * in, in, 5));
      std::optional<Factor> factor = factorize(second, {0.01, 1.0, order});
      ASSERT_TRUE(factor);
      EXPECT_EQ(factor->order.defined(), order);
      EXPECT_LT(residual(second, *factor), 2e-3) << in;
      EXPECT_EQ(factor->upper.tril(-1).abs().max().item<float>(), 0.f);
      EXPECT_EQ(factor->damp, 0.01);
      EXPECT_NEAR(factor->added, 0.01 * second.diagonal().mean().item<double>(), 1e-6 * factor->added);
      EXPECT_FALSE(factor->dead.any().item<bool>());
    }
}

TEST(Factorize, OrdersColumnsByFallingSecondMoment) {
  at::Tensor second = second_moment(random_inputs(100, 40, 6));
  std::optional<Factor> factor = factorize(second, {});
  ASSERT_TRUE(factor);
  at::Tensor sorted = second.diagonal().index_select(0, factor->order);
  EXPECT_TRUE((sorted.narrow(0, 0, 39) >= sorted.narrow(0, 1, 39)).all().item<bool>());
}

TEST(Factorize, CountsDeadColumnsAsOne) {
  at::Tensor inputs = random_inputs(100, 32, 7);
  inputs.select(1, 3).zero_();
  inputs.select(1, 20).zero_();
  at::Tensor second = second_moment(inputs);
  for (bool order : {false, true}) {
    std::optional<Factor> factor = factorize(second, {0.01, 1.0, order});
    ASSERT_TRUE(factor);
    EXPECT_EQ(factor->dead.nonzero().flatten().to(at::kInt)[1].item<int>(), 20);
    EXPECT_EQ(factor->dead.sum().item<int>(), 2);
    EXPECT_LT(residual(second, *factor), 1e-3);
  }
  EXPECT_TRUE(factorize(at::zeros({8, 8}), {}));
}

// Few tokens make a matrix of low rank, which float32 cannot factorize with next to no damping.
TEST(Factorize, RaisesTheDampingUntilItHolds) {
  at::Tensor inputs = random_inputs(4, 64, 8);
  at::Tensor second = second_moment(inputs);
  std::optional<Factor> factor = factorize(second, {1e-12, 1.0, true});
  ASSERT_TRUE(factor);
  EXPECT_GT(factor->damp, 1e-12);
  EXPECT_NEAR(std::log10(factor->damp), std::round(std::log10(factor->damp)), 1e-9);
  EXPECT_FALSE(factorize(second, {1e-12, 1e-11, true}));
  EXPECT_FALSE(factorize(second, {1e-12, 1e-12, true}));
}

TEST(Factorize, TriesTheLimitItself) {
  at::Tensor indefinite = at::eye(8);
  indefinite[0][0] = -0.35f;
  // Mean of the diagonal (7 - 0.35) / 8: damping by half of it is enough, by 0.3 is not.
  std::optional<Factor> factor = factorize(indefinite, {0.03, 0.5, false});
  ASSERT_TRUE(factor);
  EXPECT_EQ(factor->damp, 0.5);
  EXPECT_FALSE(factorize(indefinite, {0.03, 0.3, false}));
}

TEST(Factorize, RefusesWhatIsNotFinite) {
  at::Tensor second = second_moment(random_inputs(50, 16, 9));
  for (float bad : {INFINITY, std::nanf("")}) {
    at::Tensor diagonal = second.clone(), beside = second.clone();
    diagonal[3][3] = bad;
    beside[3][5] = beside[5][3] = bad;
    EXPECT_FALSE(factorize(diagonal, {}));
    EXPECT_FALSE(factorize(beside, {}));
  }
}

}  // namespace
}  // namespace lcr::tests
