#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backend/algorithms/gptq.h"
#include "naive.h"
#include "precisions.h"

namespace lcr::tests {
namespace {

constexpr int64_t out = 24, in = 128;

struct Data {
  at::Tensor weight, second, importance;
  Data() {
    at::Generator random = at::detail::createCPUGenerator(31);
    weight = at::randn({out, in}, random, at::kFloat) * 0.05;
    weight.masked_fill_(at::rand({out, in}, random, at::kFloat) > 0.98, 0.4f);
    second = second_moment(random_inputs(300, in, 32));
    importance = second.diagonal().clone();
  }
};

Observer searching(const char* name, std::map<std::string, double> parameters) {
  Observer observer;
  observer.name = name;
  observer.parameters = std::move(parameters);
  return observer;
}

// Sums of importance * |error|^norm over every unit, f64 [R, C].
at::Tensor unit_errors(const Grid& grid, const Data& data, double norm, bool weighted) {
  const ScaleGrid& units = grid.codec.grid;
  at::Tensor difference = (data.weight.to(at::kDouble) - decode(grid, encode(grid, data.weight)).to(at::kDouble)).abs().pow(norm);
  if (weighted) difference = difference * data.importance.to(at::kDouble);
  at::Tensor sums = at::zeros({units.rows, units.columns}, at::kDouble);
  for (int64_t r = 0; r < units.rows; ++r)
    for (int64_t c = 0; c < units.columns; ++c) {
      int64_t row = r * units.unit_rows, column = c * units.unit_columns;
      sums[r][c] = difference.narrow(0, row, std::min(units.unit_rows, out - row))
                       .narrow(1, column, std::min(units.unit_columns, in - column))
                       .sum();
    }
  return sums;
}

// One candidate alone.
Grid at_shrink(const Data& data, const Precision& precision, double shrink) {
  return find_grid(data.weight, data.importance,
                   {precision, Dtype::BF16, searching("hessian", {{"from", shrink}, {"to", shrink}, {"grid", 2}}), {}});
}

std::vector<Precision> precisions() {
  Format block = integer(4, Per::Block, 0, true);
  block.block_rows = 16;
  block.block_columns = 48;
  return {weights(integer(4, Per::Group, 32, true)), weights(integer(3, Per::Group, 32, false)),
          weights(integer(4, Per::Channel, 0, true)), weights(integer(4, Per::Tensor, 0, true)),
          weights(integer(4, Per::Tensor, 0, false)), weights(nvfp4()), weights(mx(Element::Fp4)),
          weights(fp8(Per::Channel)), weights(block)};
}

struct Search {
  const char* name;
  double norm;
};

// Every unit has the least error that any candidate gives it, by brute force in float64.
TEST(Weighted, FindsTheBestCandidateOfEachUnit) {
  Data data;
  for (Search search : {Search{"hessian", 2.0}, Search{"imatrix", 3.0}})
    for (const Precision& precision : precisions()) {
      SCOPED_TRACE(to_string(*precision.weights));
      Observer observer = searching(search.name, {{"from", 1.4}, {"to", 0.5}, {"grid", 10}, {"patience", 10}, {"norm", search.norm}});
      Grid found = find_grid(data.weight, data.importance, {precision, Dtype::BF16, observer, {}});
      at::Tensor least;
      for (int i = 0; i < 10; ++i) {
        at::Tensor errors = unit_errors(at_shrink(data, precision, 1.4 - 0.1 * i), data, search.norm, true);
        least = least.defined() ? at::minimum(least, errors) : errors;
      }
      at::Tensor errors = unit_errors(found, data, search.norm, true);
      EXPECT_TRUE((errors <= least * 1.001 + 1e-12).all().item<bool>()) << (errors / least).max().item<double>();
    }
}

TEST(Weighted, PatienceEndsTheSearch) {
  Data data;
  Precision precision = weights(integer(4, Per::Group, 32, true));
  auto found = [&](double patience) {
    Observer observer = searching("imatrix", {{"from", 1.0}, {"to", 0.05}, {"grid", 20}, {"norm", 3.0}, {"patience", patience}});
    Grid grid = find_grid(data.weight, data.importance, {precision, Dtype::BF16, observer, {}});
    return unit_errors(grid, data, 3.0, true).sum().item<double>();
  };
  EXPECT_LE(found(20), found(2));
  EXPECT_LE(found(2), unit_errors(at_shrink(data, precision, 1.0), data, 3.0, true).sum().item<double>());
}

TEST(Weighted, LowersTheErrorOfTheOutputs) {
  Data data;
  for (const Precision& precision : {weights(integer(3, Per::Group, 32, true)), weights(integer(4, Per::Channel, 0, true))}) {
    auto error = [&](const Observer& observer) {
      Grid grid = find_grid(data.weight, data.importance, {precision, Dtype::BF16, observer, {}});
      return quadratic_error(data.weight, decode(grid, encode(grid, data.weight)), data.second);
    };
    double hessian = error(searching("hessian", {{"from", 1.0}, {"to", 0.4}, {"grid", 40}}));
    EXPECT_LT(hessian, error({}));
  }
}

TEST(Weighted, ZeroWeightsAndZeroImportanceHaveScales) {
  Data data;
  data.weight.narrow(1, 0, 32).zero_();
  data.importance.narrow(0, 32, 32).zero_();
  for (const Precision& precision : precisions()) {
    Grid grid = find_grid(data.weight, data.importance, {precision, Dtype::BF16, searching("hessian", {}), {}});
    EXPECT_TRUE((grid.scale > 0).logical_and(grid.scale.isfinite()).all().item<bool>()) << to_string(*precision.weights);
    at::Tensor values = decode(grid, encode(grid, data.weight));
    EXPECT_EQ(values.narrow(1, 0, 32).abs().max().item<float>(), 0.f);
  }
}

}  // namespace
}  // namespace lcr::tests
