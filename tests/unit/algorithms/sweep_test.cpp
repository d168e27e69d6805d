#include "backend/algorithms/sweep.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "backend/algorithms/gptq.h"
#include "naive.h"
#include "precisions.h"

namespace lcr::tests {
namespace {

constexpr int64_t out = 70, in = 192;

double share_equal(const at::Tensor& a, const at::Tensor& b) { return a.cpu().eq(b.cpu()).to(at::kFloat).mean().item<double>(); }

struct Problem {
  at::Tensor weight, second, keep;
  Grid grid;
  Factor factor;

  explicit Problem(const Case& c) {
    at::Generator random = at::detail::createCPUGenerator(41);
    weight = at::randn({out, in}, random, at::kFloat) * 0.05;
    keep = at::rand({out, in}, random, at::kFloat) > 0.2;
    second = second_moment(random_inputs(400, in, 42));
    grid = find_grid(weight, {}, {c.precision, Dtype::BF16, c.observer, {}});
    factor = *factorize(second, {});
  }
};

class EverySweep : public testing::TestWithParam<Case> {};

// The first panel of a solve, by rows and by columns.
TEST_P(EverySweep, TensorOperationsDoTheSame) {
  Problem problem(GetParam());
  Panel rows;
  rows.codec = problem.grid.codec;
  rows.scale = problem.grid.scale;
  rows.zero = problem.grid.zero;
  rows.weights = problem.weight.index_select(1, problem.factor.order).narrow(1, 0, LCR_PANEL).contiguous();
  rows.factor = problem.factor.upper.narrow(0, 0, LCR_PANEL).narrow(1, 0, LCR_PANEL);
  rows.units = problem.factor.order.narrow(0, 0, LCR_PANEL).div(rows.codec.grid.unit_columns, "floor").to(at::kInt);
  rows.codes = at::empty({out, LCR_PANEL}, at::kByte);
  rows.errors = at::empty({out, LCR_PANEL}, at::kFloat);
  for (bool masked : {false, true}) {
    if (masked) rows.keep = problem.keep.narrow(1, 0, LCR_PANEL).to(at::kByte);
    Panel columns = rows;
    columns.weights = rows.weights.clone();
    columns.codes = rows.codes.clone();
    columns.errors = rows.errors.clone();
    sweep(rows);
    sweep_columns(columns);
    EXPECT_GT(share_equal(rows.codes, columns.codes), 0.98);
    EXPECT_GT(share_equal(rows.weights, columns.weights), 0.98);
    EXPECT_NEAR(rows.errors.square().sum().item<double>(), columns.errors.square().sum().item<double>(),
                0.01 * rows.errors.square().sum().item<double>());
  }
}

bool has_device() {
  // Registers its kernels when it is loaded.
  static const bool found = ::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr && at::hasCUDA();
  return found;
}

ColumnSweep device_sweep() {
  const char* path = std::getenv("LCR_CUDA_PATH");
  void* library = ::dlopen(path != nullptr ? path : LCR_CUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  return library == nullptr ? nullptr : reinterpret_cast<ColumnSweep>(::dlsym(library, "lcr_cuda_sweep"));
}

Grid on_device(const Grid& grid) {
  Grid moved = grid;
  moved.scale = grid.scale.cuda();
  moved.stored = grid.stored.cuda();
  if (grid.zero.defined()) moved.zero = grid.zero.cuda();
  return moved;
}

TEST_P(EverySweep, DeviceFindsTheSameGridAndCodes) {
  if (!has_device()) GTEST_SKIP() << "no CUDA device";
  Problem problem(GetParam());
  at::Tensor weight = problem.weight.cuda();
  Grid grid = find_grid(weight, {}, {GetParam().precision, Dtype::BF16, GetParam().observer, {}});
  EXPECT_TRUE(grid.scale.cpu().equal(problem.grid.scale));
  EXPECT_TRUE(grid.stored.cpu().equal(problem.grid.stored));
  if (grid.zero.defined()) {
    EXPECT_TRUE(grid.zero.cpu().equal(problem.grid.zero));
  }
  at::Tensor codes = encode(on_device(problem.grid), weight), expected = encode(problem.grid, problem.weight);
  EXPECT_TRUE(codes.cpu().equal(expected));
  EXPECT_TRUE(decode(on_device(problem.grid), codes).cpu().equal(decode(problem.grid, expected)));
}

TEST_P(EverySweep, DeviceSolvesAsTheProcessor) {
  if (!has_device()) GTEST_SKIP() << "no CUDA device";
  Problem problem(GetParam());
  at::Tensor second = problem.second.cuda();
  Factor factor = *factorize(second, {});
  for (ColumnSweep sweep : {ColumnSweep{}, device_sweep()})
    for (bool masked : {false, true}) {
      SCOPED_TRACE(testing::Message() << (sweep != nullptr ? "kernel" : "tensors") << (masked ? ", masked" : ""));
      register_column_sweep(sweep);
      at::Tensor keep = masked ? problem.keep : at::Tensor(), keep_there = masked ? problem.keep.cuda() : at::Tensor();
      Solved expected = gptq(problem.weight, problem.grid, problem.factor, problem.second, {}, keep, {.refit = true});
      Solved solved = gptq(problem.weight.cuda(), on_device(problem.grid), factor, second, {}, keep_there, {.refit = true});
      EXPECT_GT(share_equal(solved.codes, expected.codes), 0.95);
      EXPECT_NEAR(solved.error, expected.error, 0.02 * expected.error);
      EXPECT_TRUE(decode(solved.grid, solved.codes).equal(solved.decoded));
    }
  register_column_sweep(nullptr);
}

INSTANTIATE_TEST_SUITE_P(Formats, EverySweep, testing::ValuesIn(all_cases()),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

}  // namespace
}  // namespace lcr::tests
