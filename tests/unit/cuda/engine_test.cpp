// The CUDA engine against the CPU one: equal to the bit for every format, where both say so. Skipped without a device.
#include <gtest/gtest.h>

#include "../formats/buffers.h"
#include "../formats/precisions.h"
#include "backend/execute/cuda_engine.h"

namespace lcr::tests {
namespace {

class CudaEngine : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    std::optional<CudaLibrary> library = CudaLibrary::open();
    if (!library || library->devices().empty()) GTEST_SKIP() << "no CUDA device here";
    engine_ = library->make_engine(0, DeviceWork::Quantize, diagnostics_);
    ASSERT_NE(engine_, nullptr);
  }

  Diagnostics diagnostics_;
  std::unique_ptr<Engine> engine_;
};

// Ranges and the global scale as the executor finds them, over both engines.
TensorRange range_of(Engine& engine, const StoredWeight& weight, float& absmax, Diagnostics& diagnostics) {
  WeightRange range;
  EXPECT_TRUE(engine.observe(weight.all(), 0, range, diagnostics));
  absmax = range.absmax();
  return {range.low, range.high};
}

void compare(Engine& device, const Case& one, const StoredWeight& weight, Dtype dtype, Diagnostics& diagnostics) {
  std::unique_ptr<Engine> host = make_cpu_engine();
  int64_t rows = weight.values.rows, columns = weight.values.columns;
  Quantizer quantizer = make_quantizer(one.precision, one.observer, rows, columns, dtype);
  Buffers expected(one.precision, rows, columns, dtype), actual(one.precision, rows, columns, dtype);
  float absmax = 0, device_absmax = 0;
  TensorRange range = range_of(*host, weight, absmax, diagnostics);
  TensorRange device_range = range_of(device, weight, device_absmax, diagnostics);
  EXPECT_EQ(range.low, device_range.low);
  EXPECT_EQ(range.high, device_range.high);
  if (quantizer.codec.global) expected.global = actual.global = global_scale(absmax);
  TileResult on_host, on_device;
  ASSERT_TRUE(host->quantize(quantizer, weight.all(), 0, range, expected.at(0), true, on_host, diagnostics));
  ASSERT_TRUE(device.quantize(quantizer, weight.all(), 0, range, actual.at(0), true, on_device, diagnostics));
  EXPECT_EQ(expected.scales, actual.scales);
  EXPECT_EQ(expected.zero_points, actual.zero_points);
  EXPECT_EQ(expected.codes, actual.codes);
  EXPECT_NEAR(on_host.errors.relative(), on_device.errors.relative(), 1e-6 + 1e-4 * on_host.errors.relative());
}

TEST_P(CudaEngine, EqualsTheCpu) {
  uint32_t seed = 1;
  for (Dtype dtype : {Dtype::BF16, Dtype::F16, Dtype::F32}) {
    for (Shape shape : {Shape::Normal, Shape::Outliers, Shape::ZeroGroups, Shape::Positive, Shape::Ties}) {
      SCOPED_TRACE(std::string(name_of(dtype)) + " shape " + std::to_string(static_cast<int>(shape)));
      compare(*engine_, GetParam(), stored(random_weight(96, 192, shape, seed++), dtype), dtype, diagnostics_);
    }
  }
  EXPECT_FALSE(diagnostics_.has_errors());
}

TEST_P(CudaEngine, FindsNonFiniteWeights) {
  StoredWeight weight = stored(random_weight(64, 192, Shape::Normal, 7), Dtype::BF16);
  weight.bytes[2 * (5 * weight.stride + 3)] = 0x80;
  weight.bytes[2 * (5 * weight.stride + 3) + 1] = 0x7F;
  WeightRange range;
  ASSERT_TRUE(engine_->observe(weight.all(), 100, range, diagnostics_));
  EXPECT_EQ(range.non_finite.count, 1);
  EXPECT_EQ(range.non_finite.row, 105);
  EXPECT_EQ(range.non_finite.column, 3);
}

INSTANTIATE_TEST_SUITE_P(Formats, CudaEngine, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lcr::tests
