#include "backend/algorithms/gptq.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "backend/formats/kernels.h"
#include "naive.h"
#include "precisions.h"

namespace lcr::tests {
namespace {

constexpr int64_t out = 70, in = 192;

at::Tensor random_weights(int64_t rows, int64_t columns, uint64_t seed) {
  at::Generator random = at::detail::createCPUGenerator(seed);
  return at::randn({rows, columns}, random, at::kFloat) * 0.05;
}

struct Problem {
  at::Tensor weight, inputs, second;
  Grid grid;
  Factor factor;

  Problem(const Case& c, bool order, int64_t columns = in, int64_t rows = out) {
    weight = random_weights(rows, columns, 21);
    inputs = random_inputs(400, columns, 22);
    second = second_moment(inputs);
    grid = find_grid(weight, {}, {c.precision, Dtype::BF16, c.observer, {}});
    factor = *factorize(second, {0.01, 1.0, order});
  }
  Solved solve(const GptqOptions& options = {}, const at::Tensor& cross = {}, const at::Tensor& keep = {}) const {
    return gptq(weight, grid, factor, second, cross, keep, options);
  }
  double error(const at::Tensor& values) const { return quadratic_error(weight, values, second); }
  at::Tensor naive(const at::Tensor& target, const at::Tensor& keep = {}) const {
    return naive_gptq(target, grid, second, factor.added, factor.order, keep);
  }
};

double share_equal(const at::Tensor& a, const at::Tensor& b) {
  return a.to(at::kFloat).eq(b.to(at::kFloat)).to(at::kFloat).mean().item<double>();
}

// Every format, but not each width of integers again for each container.
std::vector<Case> solved_cases() {
  std::vector<Case> cases;
  for (const Case& c : all_cases())
    if (c.precision.container != Container::Bytes || c.precision.weights->per == Per::Block) cases.push_back(c);
  return cases;
}

class EverySolve : public testing::TestWithParam<Case> {};

// float32 and float64 part at ties; from there on a row goes its own way. What counts is the error.
TEST_P(EverySolve, IsAsGoodAsTheDerivationInFloat64) {
  for (bool order : {false, true}) {
    Problem problem(GetParam(), order);
    Solved solved = problem.solve();
    at::Tensor expected = problem.naive(problem.weight);
    EXPECT_GT(share_equal(solved.decoded, expected), 0.98);
    double error = problem.error(solved.decoded);
    EXPECT_LT(error, problem.error(expected) * 1.01);
    EXPECT_NEAR(solved.error, error, 2e-3 * error);
    EXPECT_NEAR(solved.reference, quadratic_error(problem.weight, at::zeros_like(problem.weight), problem.second),
                1e-5 * solved.reference);
    EXPECT_TRUE(decode(problem.grid, solved.codes).equal(solved.decoded));
    EXPECT_TRUE(solved.grid.scale.equal(problem.grid.scale));
  }
}

TEST_P(EverySolve, BeatsRounding) {
  Problem problem(GetParam(), true);
  at::Tensor rounded = decode(problem.grid, encode(problem.grid, problem.weight));
  EXPECT_LT(problem.solve().error, problem.error(rounded));
}

TEST_P(EverySolve, RefitNeverLosesAndStaysStorable) {
  Problem problem(GetParam(), true);
  Solved plain = problem.solve(), refit = problem.solve({.refit = true});
  double error = problem.error(refit.decoded);
  EXPECT_LE(error, problem.error(plain.decoded) * 1.000001);
  EXPECT_NEAR(refit.error, error, 2e-3 * plain.error);
  EXPECT_TRUE(refit.codes.equal(plain.codes));
  EXPECT_TRUE(decode(refit.grid, refit.codes).equal(refit.decoded));
  EXPECT_TRUE((refit.grid.scale > 0).all().item<bool>());
  // Reading back what was stored gives the same scales.
  PackedWeight packed = store(refit.grid, refit.codes);
  at::Tensor read = at::empty_like(refit.grid.scale);
  kernels().load_scales(refit.grid.codec.scale, packed.scales.data(), read.numel(), packed.global, read.data_ptr<float>());
  EXPECT_TRUE(read.equal(refit.grid.scale));
}

TEST_P(EverySolve, KeepsMaskedWeightsAtZero) {
  Problem problem(GetParam(), true);
  at::Tensor keep = at::arange(out * in).view({out, in}).remainder(3) != 1;
  Solved solved = problem.solve({}, {}, keep);
  EXPECT_EQ(solved.decoded.masked_select(keep.logical_not()).abs().max().item<float>(), 0.f);
  EXPECT_TRUE(decode(problem.grid, solved.codes).equal(solved.decoded));
  at::Tensor expected = problem.naive(problem.weight, keep);
  EXPECT_LT(problem.error(solved.decoded), problem.error(expected) * 1.01);
  EXPECT_NEAR(solved.error, problem.error(solved.decoded), 2e-3 * solved.error);
}

INSTANTIATE_TEST_SUITE_P(Formats, EverySolve, testing::ValuesIn(solved_cases()),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

Case int4(Per per, bool symmetric = true) { return {"int4", weights(integer(4, per, per == Per::Group ? 64 : 0, symmetric)), {}}; }

TEST(Gptq, BlocksChangeRoundingAlone) {
  Problem problem(int4(Per::Group), true, 640);
  at::Tensor whole = problem.solve({.block = 640}).decoded;
  for (int64_t block : {1, 7, 64, 128, 200, 256, 4096}) {
    Solved solved = problem.solve({.block = block});
    EXPECT_GT(share_equal(solved.decoded, whole), 0.98) << block;
    EXPECT_NEAR(solved.error, problem.solve({.block = 640}).error, 0.01 * solved.error) << block;
  }
}

TEST(Gptq, OddWidthsAndSingleRows) {
  for (int64_t columns : {1, 7, 127, 129, 250})
    for (int64_t rows : {1, 15, 33}) {
      Problem problem(int4(Per::Channel, false), true, columns, rows);
      Solved solved = problem.solve();
      EXPECT_GT(share_equal(solved.decoded, problem.naive(problem.weight)), 0.95);
      EXPECT_LE(solved.error, problem.error(problem.naive(problem.weight)) * 1.02);
    }
}

TEST(Gptq, MembersAreSolvedAsAlone) {
  Problem first(int4(Per::Group), true);
  Case nv{"nvfp4", weights(nvfp4()), {}}, tensor = int4(Per::Tensor, false);
  std::vector<Solvable> members;
  for (const Case& c : {int4(Per::Group), nv, tensor}) {
    at::Tensor weight = random_weights(30 + 10 * static_cast<int64_t>(members.size()), in, 50 + members.size());
    members.push_back({weight, find_grid(weight, {}, {c.precision, Dtype::BF16, c.observer, {}}), {}});
  }
  std::vector<Solved> together = gptq(members, first.factor, first.second, {}, {.refit = true});
  ASSERT_EQ(together.size(), members.size());
  for (size_t i = 0; i < members.size(); ++i) {
    Solved alone = gptq(members[i].weight, members[i].grid, first.factor, first.second, {}, {}, {.refit = true});
    EXPECT_GT(share_equal(together[i].decoded, alone.decoded), 0.98);
    EXPECT_NEAR(together[i].error, alone.error, 0.02 * alone.error);
    EXPECT_NEAR(together[i].reference, alone.reference, 1e-4 * alone.reference);
  }
}

TEST(Gptq, DeadColumnsAreRoundedOrZero) {
  for (bool order : {false, true}) {
    Problem problem(int4(Per::Group), order);
    problem.inputs.select(1, 5).zero_();
    problem.inputs.select(1, 100).zero_();
    problem.second = second_moment(problem.inputs);
    problem.factor = *factorize(problem.second, {0.01, 1.0, order});
    at::Tensor rounded = decode(problem.grid, encode(problem.grid, problem.weight));
    Solved kept = problem.solve(), zero = problem.solve({.dead = GptqOptions::Dead::Zero});
    for (int64_t column : {5, 100}) {
      EXPECT_TRUE(kept.decoded.select(1, column).equal(rounded.select(1, column)));
      EXPECT_EQ(zero.decoded.select(1, column).abs().max().item<float>(), 0.f);
    }
    EXPECT_NEAR(kept.error, problem.error(kept.decoded), 2e-3 * kept.error);
    EXPECT_NEAR(zero.error, problem.error(zero.decoded), 2e-3 * zero.error);
  }
}

TEST(Gptq, OriginalTargetsGiveWhatTheOriginalInputsGave) {
  for (bool order : {false, true})
    for (const Case& c : {int4(Per::Group), Case{"nvfp4", weights(nvfp4()), {}}}) {
      Problem problem(c, order);
      // The inputs after earlier layers were rounded: the original ones plus noise.
      at::Generator random = at::detail::createCPUGenerator(3);
      at::Tensor original = problem.inputs, inputs = original + at::randn(original.sizes(), random, at::kDouble) * 0.3;
      problem.second = second_moment(inputs);
      problem.factor = *factorize(problem.second, {0.01, 1.0, order});
      at::Tensor cross = (original.t().matmul(inputs) / inputs.size(0)).to(at::kFloat);
      auto loss = [&](const at::Tensor& values) {
        at::Tensor difference = original.matmul(problem.weight.to(at::kDouble).t()) - inputs.matmul(values.to(at::kDouble).t());
        return difference.square().sum().item<double>() / static_cast<double>(inputs.size(0));
      };
      Solved own = problem.solve(), corrected = problem.solve({}, cross);
      EXPECT_LT(loss(corrected.decoded), loss(own.decoded) * 0.97);
      // The least squares target, from float64.
      at::Tensor damped = problem.second.to(at::kDouble).clone();
      damped.diagonal().add_(problem.factor.added);
      at::Tensor weight = problem.weight.to(at::kDouble);
      at::Tensor moved = weight.matmul(cross.to(at::kDouble) - problem.second.to(at::kDouble)).matmul(at::linalg_inv(damped));
      at::Tensor expected = problem.naive((weight + moved).to(at::kFloat));
      EXPECT_GT(share_equal(corrected.decoded, expected), 0.97);
      EXPECT_LT(loss(corrected.decoded), loss(expected) * 1.01);
    }
}

TEST(Gptq, EqualInputsLeaveTheTargetAlone) {
  Problem problem(int4(Per::Group), true);
  Solved own = problem.solve(), original = problem.solve({}, problem.second);
  EXPECT_TRUE(own.codes.equal(original.codes));
}

TEST(Gptq, ActivationOrderHelpsWhereInputsDiffer) {
  Problem natural(int4(Per::Channel), false), ordered(int4(Per::Channel), true);
  EXPECT_LT(ordered.solve().error, natural.solve().error);
}

}  // namespace
}  // namespace lcr::tests
