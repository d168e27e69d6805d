// Kernels on activations against the tensor library in float64, or step by step in 16 bits. Skipped without a device.
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <dlfcn.h>

#include <limits>

#include "../formats/precisions.h"
#include "backend/algorithms/device_rounding.h"
#include "backend/algorithms/grid.h"
#include "backend/algorithms/quadratic.h"
#include "backend/execute/cuda_engine.h"
#include "backend/forward/device_kernels.h"
#include "backend/forward/host_copies.h"
#include "backend/forward/operations.h"
#include "backend/forward/records.h"

namespace lcr::tests {
namespace {

class Kernels : public testing::TestWithParam<at::ScalarType> {
 protected:
  void SetUp() override {
    std::optional<CudaLibrary> library = CudaLibrary::open();
    const bool tensors = ::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr && at::hasCUDA();
    if (!tensors || !library || library->devices().empty()) GTEST_SKIP() << "no CUDA device here";
    at::manual_seed(1);
  }
  at::Tensor random(std::vector<int64_t> shape) const { return at::randn(shape).to(GetParam()).cuda(); }
  // What the tensor library makes of it.
  template <class Function>
  at::Tensor without_kernels(Function function) const {
    const DeviceKernels kernels = device_kernels();
    register_device_kernels({});
    at::Tensor result = function();
    register_device_kernels(kernels);
    return result;
  }
  static double distance(const at::Tensor& a, const at::Tensor& b) {
    at::Tensor reference = b.to(at::kDouble);
    return ((a.to(at::kDouble) - reference).norm() / reference.norm()).item<double>();
  }
};

TEST_P(Kernels, RmsNorm) {
  for (int64_t width : {128, 1024, 2048, 4096, 5128}) {
    for (Compute compute : {Compute::Native, Compute::F32}) {
      SCOPED_TRACE(width);
      Attributes attributes;
      attributes.eps = 1e-5;
      attributes.compute = compute;
      at::Tensor x = random({33, width}) * 3, weight = random({width});
      auto norm = [&] { return forward::rms_norm(x, weight, attributes, GetParam()); };
      EXPECT_LT(distance(norm(), without_kernels(norm)), 1e-4);
      at::Tensor exact = x.to(at::kDouble);
      exact = exact * at::rsqrt(exact.square().mean(-1, true) + 1e-5) * weight.to(at::kDouble);
      EXPECT_LT(distance(norm(), exact), 6e-3);
    }
  }
}

TEST_P(Kernels, RopeEqualsItsSteps) {
  at::Tensor angle = at::rand({40, 32}).cuda() * 7;
  const forward::RotaryTable table{at::cos(angle), at::sin(angle)};
  for (Compute compute : {Compute::Native, Compute::Mixed, Compute::F32}) {
    for (bool neighbours : {false, true}) {
      Attributes attributes;
      attributes.compute = compute;
      attributes.neighbours = neighbours;
      // Whole heads, and heads with columns that stay.
      for (int64_t width : {64, 80}) {
        at::Tensor x = random({40, 3, width});
        auto rope = [&] { return forward::rope(x, table, attributes, GetParam()); };
        EXPECT_TRUE(at::equal(rope(), without_kernels(rope)));
      }
    }
  }
}

TEST_P(Kernels, GateEqualsItsSteps) {
  at::Tensor gate = random({17, 264}) * 4, value = random({17, 264});
  auto gated = [&] { return forward::gated(gate, value, Activation::Silu); };
  EXPECT_TRUE(at::equal(gated(), without_kernels(gated)));
}

TEST_P(Kernels, Columns) {
  at::Tensor x = random({1000, 136});
  const int64_t chunks = device_kernels().column_chunks(1000);
  at::Tensor sums = at::empty({2, chunks, 136}, x.options().dtype(at::kDouble)), ends = at::empty({2, chunks, 136}, x.options().dtype(at::kFloat));
  lcr_cuda_columns columns{};
  columns.x = x.data_ptr();
  columns.dtype = device_dtype(x);
  columns.rows = 1000;
  columns.width = 136;
  columns.magnitudes = sums.data_ptr<double>();
  columns.squares = columns.magnitudes + chunks * 136;
  columns.lowest = ends.data_ptr<float>();
  columns.highest = columns.lowest + chunks * 136;
  columns.chunks = chunks;
  call_kernel(x, device_kernels().measure_columns, columns);
  at::Tensor exact = x.to(at::kDouble);
  EXPECT_LT(distance(sums[0][0], exact.abs().sum(0)), 1e-12);
  EXPECT_LT(distance(sums[1][0], exact.square().sum(0)), 1e-7);
  EXPECT_TRUE(at::equal(ends[0][0], at::amin(x, 0).to(at::kFloat)));
  EXPECT_TRUE(at::equal(ends[1][0], at::amax(x, 0).to(at::kFloat)));
}

TEST_P(Kernels, Differences) {
  at::Tensor a = random({50, 1032}), b = random({50, 1032}), sums = at::empty({50}, a.options().dtype(at::kDouble));
  call_kernel(a, device_kernels().differences,
              lcr_cuda_difference{a.data_ptr(), b.data_ptr(), device_dtype(a), 50, 1032, sums.data_ptr<double>()});
  EXPECT_LT(distance(sums, (a.to(at::kDouble) - b.to(at::kDouble)).square().sum(1)), 1e-6);
}

// Rows that a load of four numbers fits, and such that it does not.
TEST_P(Kernels, Dot) {
  for (int64_t width : {4096, 1030}) {
    at::Tensor a = at::randn({700, width + 4}).cuda().narrow(1, 4, width), b = at::randn({700, width}).cuda();
    at::Tensor sums = at::empty({LCR_DOT_PARTS}, b.options().dtype(at::kDouble));
    call_kernel(b, device_kernels().dot,
                lcr_cuda_dots{a.data_ptr<float>(), b.data_ptr<float>(), a.stride(0), b.stride(0), 700, width, sums.data_ptr<double>()});
    const at::Tensor exact = a.to(at::kDouble) * b.to(at::kDouble);
    EXPECT_NEAR(sums.sum().item<double>(), exact.sum().item<double>(), 1e-12 * exact.abs().sum().item<double>());
  }
}

// One block of columns, and several.
TEST_P(Kernels, QuadraticFromHalfOfTheProducts) {
  for (int64_t width : {384, 2500}) {
    at::Tensor e = at::randn({300, width}).cuda(), x = at::randn({900, width}).cuda(), h = x.t().matmul(x);
    const at::Tensor e64 = e.to(at::kDouble);
    const double exact = (e64.matmul(h.to(at::kDouble)) * e64).sum().item<double>();
    EXPECT_NEAR(quadratic(e, h).item<double>(), exact, 1e-6 * exact);
    EXPECT_NEAR(quadratic(e, h, Products::Rounded).item<double>(), exact, 2e-3 * exact);
  }
}

// Through page-locked memory: larger than one buffer, with a rest.
TEST_P(Kernels, HostCopies) {
  at::Tensor x = at::randn({3000, 2801}).to(GetParam());
  at::Tensor there = device_copy(x, at::Device(at::kCUDA, 0));
  EXPECT_TRUE(there.is_cuda());
  EXPECT_TRUE(at::equal(there.cpu(), x));
  EXPECT_TRUE(at::equal(host_copy(there), x));
  EXPECT_TRUE(at::equal(host_copy(there.t()), x.t().contiguous()));
}

// Rows that are on the device already are quantized as those of the host.
TEST_P(Kernels, EngineReadsTheDevice) {
  Diagnostics diagnostics;
  auto engine = CudaLibrary::open()->make_engine(0, DeviceWork::Quantize, diagnostics);
  ASSERT_NE(engine, nullptr);
  ASSERT_TRUE(engine->reads_device());
  at::Tensor weight = at::randn({32, 256});
  weight[3][5] = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor there = weight.cuda();
  at::Tensor synced = there.sum().cpu();
  WeightRange range;
  WeightRows rows{there.data_ptr(), Dtype::F32, 32, 256, 256, /*on_device=*/true};
  ASSERT_TRUE(engine->observe(rows, 0, range, diagnostics));
  EXPECT_EQ(range.non_finite.count, 1);
  EXPECT_EQ(range.non_finite.row, 3);
  const at::Tensor good = at::randn({32, 256}).cuda(), host = good.cpu();
  WeightRange device_range, host_range;
  rows.data = good.data_ptr();
  ASSERT_TRUE(engine->observe(rows, 0, device_range, diagnostics));
  ASSERT_TRUE(engine->observe({host.data_ptr(), Dtype::F32, 32, 256, 256}, 0, host_range, diagnostics));
  EXPECT_EQ(device_range.low, host_range.low);
  EXPECT_EQ(device_range.high, host_range.high);
}

INSTANTIATE_TEST_SUITE_P(Dtypes, Kernels, testing::Values(at::kBFloat16, at::kHalf));

// Grids of the device equal those of the CPU, and what it rounds to is what codes of the grid decode to.
class Rounding : public testing::TestWithParam<Case> {};

TEST_P(Rounding, EqualsTheCpu) {
  std::optional<CudaLibrary> library = CudaLibrary::open();
  const bool tensors = ::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr && at::hasCUDA();
  if (!tensors || !library || library->devices().empty()) GTEST_SKIP() << "no CUDA device here";
  at::manual_seed(2);
  at::Tensor weight = at::randn({96, 192}), channels = at::rand({192}) + 0.5;
  const Quantizer quantizer = make_quantizer(GetParam().precision, GetParam().observer, 96, 192, Dtype::BF16);
  if (!rounds_on_device(quantizer, weight.cuda())) GTEST_SKIP() << "one scale for the whole weight";
  const GridOptions options{GetParam().precision, Dtype::BF16, GetParam().observer, {}};
  const at::Tensor moved = weight * channels;
  const Grid here = find_grid(moved, {}, options), there = find_grid(moved.cuda(), {}, options);
  EXPECT_TRUE(at::equal(here.scale, there.scale.cpu()));
  EXPECT_TRUE(at::equal(here.stored, there.stored.cpu()));
  if (here.zero.defined()) {
    EXPECT_TRUE(at::equal(here.zero, there.zero.cpu()));
  }
  at::Tensor out = at::empty({96, 192}, weight.cuda().options());
  round_on_device(quantizer, weight.cuda(), {channels.cuda(), {}, here.global, out, false});
  EXPECT_TRUE(at::allclose(decode(here, encode(here, moved)) / channels, out.cpu(), 1e-6, 1e-9));
}

// Errors of weighed columns are summed in another order, which may move ties.
TEST_P(Rounding, WeighedColumns) {
  std::optional<CudaLibrary> library = CudaLibrary::open();
  const bool tensors = ::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr && at::hasCUDA();
  if (!tensors || !library || library->devices().empty()) GTEST_SKIP() << "no CUDA device here";
  at::manual_seed(3);
  at::Tensor weight = at::randn({96, 192}), importance = at::rand({192}).square();
  Observer observer;
  observer.name = "hessian";
  observer.parameters = {{"from", 1.5}, {"to", 0.4}, {"grid", 24}};
  const GridOptions options{GetParam().precision, Dtype::BF16, observer, {}};
  const Grid here = find_grid(weight, importance, options), there = find_grid(weight.cuda(), importance.cuda(), options);
  auto loss = [&](const Grid& grid, const at::Tensor& w) {
    const at::Tensor lost = (decode(grid, encode(grid, w)) - w).square() * importance.to(w.device());
    return lost.sum(at::kDouble).item<double>();
  };
  const double expected = loss(here, weight);
  EXPECT_NEAR(loss(there, weight.cuda()), expected, 1e-3 * expected);
}

INSTANTIATE_TEST_SUITE_P(All, Rounding, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lcr::tests
