#include "backend/algorithms/autoround.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "naive.h"

namespace lcr::tests {
namespace {

GridOptions options(const Format& format) {
  GridOptions result;
  result.precision.weights = format;
  return result;
}

struct Problem {
  at::Tensor weight, inputs = random_inputs(256, 64, 9).to(at::kFloat), outputs;
  Grid grid;
  LayerLoss loss;

  explicit Problem(const Format& format) {
    at::Generator generator = at::detail::createCPUGenerator(8);
    weight = at::randn({48, 64}, generator, at::kFloat) * 0.1;
    outputs = at::matmul(inputs, weight.t());
    grid = find_grid(weight, {}, options(format));
    loss = [this](const std::vector<at::Tensor>& weights, int64_t) {
      return (at::matmul(inputs, weights[0].t()) - outputs).square().mean();
    };
  }
  at::Tensor nearest() const { return decode(grid, encode(grid, weight)); }
};

class EveryFormat : public testing::TestWithParam<Format> {};

TEST_P(EveryFormat, FallsFromRoundingToNearest) {
  Problem problem(GetParam());
  AutoRounded tuned = autoround({{problem.weight, problem.grid}}, {.steps = 200, .rate = 0.005}, problem.loss);
  double first = problem.loss({problem.nearest()}, 0).item<double>();
  EXPECT_DOUBLE_EQ(tuned.first_loss, first);
  // Floats err most where the weights are largest: few of them matter, and fewer can make up for one.
  EXPECT_LT(tuned.best_loss, (GetParam().element == Element::Int ? 0.8 : 0.95) * first);
  const AutoRoundedWeight& weight = tuned.weights[0];
  EXPECT_TRUE(decode(weight.grid, weight.codes).equal(weight.decoded));
  EXPECT_DOUBLE_EQ(problem.loss({weight.decoded}, 0).item<double>(), tuned.best_loss);
}

TEST_P(EveryFormat, FirstStepIsRoundingToNearest) {
  Problem problem(GetParam());
  AutoRounded tuned = autoround({{problem.weight, problem.grid}}, {.steps = 1, .rate = 0.01}, problem.loss);
  EXPECT_TRUE(tuned.weights[0].decoded.equal(problem.nearest()));
  EXPECT_TRUE(tuned.weights[0].grid.stored.equal(problem.grid.stored));
}

// In every format a code stands for zero, also where the ends of a range are clipped.
TEST_P(EveryFormat, KeepsPrunedWeights) {
  Problem problem(GetParam());
  const at::Tensor mask = at::arange(48 * 64).remainder(2).reshape({48, 64}).eq(0);
  problem.weight.mul_(mask);
  problem.grid = find_grid(problem.weight, {}, options(GetParam()));
  AutoRounded tuned = autoround({{problem.weight, problem.grid, mask}}, {.steps = 50, .rate = 0.02}, problem.loss);
  EXPECT_GT(tuned.best_step, 0);
  EXPECT_EQ(tuned.weights[0].decoded.masked_select(mask.logical_not()).count_nonzero().item<int64_t>(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    AutoRound, EveryFormat,
    testing::Values(Format{.element = Element::Int, .bits = 4, .per = Per::Group, .group = 32},
                    Format{.element = Element::Int, .bits = 2, .per = Per::Group, .group = 32, .symmetric = false},
                    Format{.element = Element::Int, .bits = 3, .per = Per::Channel},
                    Format{.element = Element::Fp4, .bits = 4, .per = Per::Group, .group = 32, .scale = ScaleType::E8M0},
                    Format{.element = Element::Fp4, .bits = 4, .per = Per::Group, .group = 16, .scale = ScaleType::E4M3,
                           .global = true},
                    Format{.element = Element::Fp8, .bits = 8, .per = Per::Channel}));

TEST(AutoRound, LossesThatAreNotFiniteEndIt) {
  Problem problem({.element = Element::Int, .bits = 4, .per = Per::Channel});
  auto broken = [&](const std::vector<at::Tensor>& weights, int64_t step) {
    at::Tensor loss = problem.loss(weights, step);
    return step == 3 ? loss * INFINITY : loss;
  };
  AutoRounded tuned = autoround({{problem.weight, problem.grid}}, {.steps = 20, .rate = 0.05}, broken);
  EXPECT_LT(tuned.best_step, 3);
  EXPECT_TRUE(std::isfinite(tuned.best_loss));
}

// What the loss does not touch stays rounded to nearest; two weights are tuned together.
TEST(AutoRound, SeveralWeights) {
  Problem problem({.element = Element::Int, .bits = 3, .per = Per::Group, .group = 32});
  std::vector<AutoRoundWeight> weights(3, {problem.weight, problem.grid});
  auto loss = [&](const std::vector<at::Tensor>& w, int64_t) {
    return (at::matmul(problem.inputs, (w[0] + w[1]).t()) - 2 * problem.outputs).square().mean();
  };
  AutoRounded tuned = autoround(weights, {.steps = 100, .rate = 0.01}, loss);
  EXPECT_LT(tuned.best_loss, 0.8 * tuned.first_loss);
  EXPECT_TRUE(tuned.weights[2].decoded.equal(problem.nearest()));
}

}  // namespace
}  // namespace lcr::tests
