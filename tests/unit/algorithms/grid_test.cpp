#include "backend/algorithms/grid.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstring>

#include "backend/algorithms/search_units.h"
#include "backend/algorithms/tensor_codes.h"
#include "backend/algorithms/units.h"
#include "buffers.h"
#include "precisions.h"

namespace lcr::tests {
namespace {

constexpr Shape shapes[] = {Shape::Normal, Shape::Outliers, Shape::ZeroGroups, Shape::Subnormal,
                            Shape::Huge,   Shape::Positive, Shape::Ties};

at::Tensor tensor_of(const reference::Weight& weight) {
  return at::tensor(weight.values, at::kFloat).view({weight.rows, weight.columns});
}

std::vector<std::byte> bytes_of(const std::vector<uint8_t>& values) {
  std::vector<std::byte> bytes(values.size());
  std::memcpy(bytes.data(), values.data(), values.size());
  return bytes;
}

GridOptions options_of(const Case& c, Dtype model) { return {c.precision, model, c.observer, {}}; }

class EveryGrid : public testing::TestWithParam<Case> {};

void expect_data_free_bytes(const Case& c, const StoredWeight& weight, Dtype model) {
  const Buffers expected = quantized(c.precision, c.observer, weight, model);
  const at::Tensor values = tensor_of(weight.values);
  const Grid grid = find_grid(values, {}, options_of(c, model));
  const at::Tensor codes = encode(grid, values);
  const PackedWeight packed = store(grid, codes);
  EXPECT_EQ(packed.codes, bytes_of(expected.codes));
  EXPECT_EQ(packed.scales, bytes_of(expected.scales));
  EXPECT_EQ(packed.zero_points, bytes_of(expected.zero_points));
  EXPECT_EQ(packed.global, expected.global);
  const std::vector<float> expected_values = decoded(expected);
  const at::Tensor back = decode(grid, codes).contiguous();
  EXPECT_EQ(std::memcmp(back.data_ptr<float>(), expected_values.data(), expected_values.size() * 4), 0);
}

TEST_P(EveryGrid, GivesTheDataFreeBytes) {
  uint32_t seed = 1;
  for (Shape shape : shapes)
    for (int64_t rows : {1, shape == Shape::Outliers ? 66 : 37}) {
      SCOPED_TRACE(testing::Message() << "shape " << static_cast<int>(shape) << ", rows " << rows);
      expect_data_free_bytes(GetParam(), stored(random_weight(rows, 192, shape, seed++), Dtype::BF16, 8), Dtype::BF16);
    }
  expect_data_free_bytes(GetParam(), stored(random_weight(34, 64, Shape::Outliers, seed), Dtype::F16), Dtype::F16);
  Case searched = GetParam();
  if (searched.observer.name != "minmax") return;
  searched.observer.name = "mse";
  expect_data_free_bytes(searched, stored(random_weight(66, 192, Shape::Outliers, seed), Dtype::BF16), Dtype::BF16);
}

TEST_P(EveryGrid, TakesAnyWidthThatItsAreasAllow) {
  if (GetParam().precision.weights->per == Per::Group) return;
  uint32_t seed = 1;
  for (int64_t columns : {1, 7, 33, 50, 127, 200}) {
    SCOPED_TRACE(columns);
    expect_data_free_bytes(GetParam(), stored(random_weight(35, columns, Shape::Outliers, seed++), Dtype::BF16), Dtype::BF16);
  }
}

// What runs on devices, run here: the same scales and codes.
TEST_P(EveryGrid, TensorOperationsGiveTheSame) {
  uint32_t seed = 100;
  for (Shape shape : shapes) {
    SCOPED_TRACE(static_cast<int>(shape));
    const StoredWeight weight = stored(random_weight(70, 192, shape, seed++), Dtype::BF16);
    const at::Tensor values = tensor_of(weight.values);
    const Grid grid = find_grid(values, {}, options_of(GetParam(), Dtype::BF16));
    const Quantizer quantizer = make_quantizer(GetParam().precision, GetParam().observer, 70, 192, Dtype::BF16);
    const UnitScales found = search_units(quantizer, values, {}, grid.global);
    EXPECT_TRUE(found.scale.equal(grid.scale));
    EXPECT_TRUE(found.stored.equal(grid.stored));
    if (grid.zero.defined()) {
      EXPECT_TRUE(found.zero.equal(grid.zero));
    }
    const at::Tensor codes = encode(grid, values);
    at::Tensor quotients = values / spread(grid.codec, grid.scale, 70);
    if (grid.zero.defined()) quotients.add_(spread(grid.codec, grid.zero, 70));
    Codec bytes = grid.codec;
    bytes.layout = CodeLayout::Bytes;
    const CodeRule rule = code_rule(bytes);
    const at::Tensor nearest = nearest_values(rule, quotients);
    EXPECT_TRUE(values_of_codes(rule, codes).equal(nearest));
    EXPECT_TRUE(values_of_codes(rule, codes_of_values(rule, nearest)).equal(nearest));
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryGrid, testing::ValuesIn(all_cases()),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(Grid, SiblingsShareTheGlobalScale) {
  const at::Tensor weight = at::randn({16, 64});
  GridOptions options{weights(nvfp4()), Dtype::BF16, {}, 12.f};
  const Grid grid = find_grid(weight, {}, options);
  EXPECT_EQ(grid.global, global_scale(12.f));
  EXPECT_TRUE(grid.scale.equal(grid.stored / grid.global));
}

}  // namespace
}  // namespace lcr::tests
