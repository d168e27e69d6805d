#include "buffers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "backend/formats/bits.h"
#include "backend/formats/search.h"

namespace lcr::tests {

WeightRows StoredWeight::rows(int64_t begin, int64_t end) const {
  return {bytes.data() + begin * stride * size_of(dtype), dtype, end - begin, values.columns, stride};
}

StoredWeight stored(const reference::Weight& weight, Dtype dtype, int64_t padding) {
  StoredWeight result;
  result.dtype = dtype;
  result.stride = weight.columns + padding;
  result.bytes.resize(static_cast<size_t>(weight.rows * result.stride * size_of(dtype)), 0xFF);
  result.values = weight;
  for (int64_t r = 0; r < weight.rows; ++r)
    for (int64_t c = 0; c < weight.columns; ++c) {
      float& value = result.values.values[r * weight.columns + c];
      uint8_t* at = result.bytes.data() + (r * result.stride + c) * size_of(dtype);
      const uint16_t half = dtype == Dtype::BF16 ? bits::to_bf16(value) : bits::to_f16(value);
      if (dtype == Dtype::F32) {
        std::memcpy(at, &value, 4);
      } else {
        std::memcpy(at, &half, 2);
        value = dtype == Dtype::BF16 ? bits::from_bf16(half) : bits::from_f16(half);
      }
    }
  return result;
}

reference::Weight random_weight(int64_t rows, int64_t columns, Shape shape, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.f, 0.02f);
  reference::Weight weight{rows, columns, {}};
  for (int64_t i = 0; i < rows * columns; ++i) {
    float x = normal(random);
    if (shape == Shape::Outliers && random() % 97 == 0) x *= 60.f;
    if (shape == Shape::ZeroGroups && i / 16 % 3 != 1) x = i % 2 ? 0.f : -0.f;
    if (shape == Shape::Subnormal) x *= 1e-37f;
    if (shape == Shape::Huge) x = std::copysign(std::min(std::fabs(x) * 1e6f, 60000.f), x);
    if (shape == Shape::Positive) x = std::fabs(x) + 0.5f;
    if (shape == Shape::Ties) x = static_cast<float>(static_cast<int>(random() % 31) - 15) / 2.f;
    weight.values.push_back(x);
  }
  return weight;
}

Buffers::Buffers(const Precision& precision, int64_t out, int64_t in, Dtype model)
    : encoding(plan_encoding(precision, out, in, model)), codec(codec_of(precision, out, in, model)) {
  const auto bytes = [&](Part part) {
    const EncodedTensor* tensor = encoding.find(part);
    return static_cast<size_t>(tensor ? tensor->bytes() : 0);
  };
  codes.resize(bytes(Part::Codes), 0xAA);
  scales.resize(bytes(Part::Scales), 0xAA);
  zero_points.resize(bytes(Part::ZeroPoints), 0xAA);
}

EncodedRows Buffers::at(int64_t row) {
  EncodedRows rows{codes.data() + row * codec.code_row_bytes(), scales.data(), zero_points.data(), global};
  if (codec.whole_tensor) return rows;
  rows.scales = scales.data() + row / codec.grid.unit_rows * codec.scale_row_bytes();
  if (codec.packed_zero_points)
    rows.zero_points = zero_points.data() + row / 32 * codec.bits * 4 * codec.grid.columns;
  else if (!codec.symmetric)
    rows.zero_points = zero_points.data() + row / codec.grid.unit_rows * codec.grid.columns;
  return rows;
}

Buffers quantized(const Precision& precision, const Observer& observer, const StoredWeight& weight, Dtype model,
                  int64_t tile_rows, TileResult* result, bool measure) {
  Buffers buffers(precision, weight.values.rows, weight.values.columns, model);
  const Quantizer quantizer = make_quantizer(precision, observer, weight.values.rows, weight.values.columns, model);
  const WeightRange range = observe(weight.all(), 0);
  if (buffers.codec.global) buffers.global = global_scale(range.absmax());
  TensorRange tensor{range.low, range.high};
  const int64_t rows = weight.values.rows, step = tile_rows ? tile_rows : rows;
  if (buffers.codec.whole_tensor && !quantizer.shrinks.empty()) {
    std::vector<int64_t> errors;
    for (int64_t row = 0; row < rows; row += step)
      add_tensor_errors(quantizer, weight.rows(row, std::min(rows, row + step)), tensor, errors);
    tensor = best_range(quantizer, tensor, errors);
  }
  for (int64_t row = 0; row < rows; row += step) {
    const TileResult tile =
        quantize(quantizer, weight.rows(row, std::min(rows, row + step)), row, tensor, buffers.at(row), measure);
    if (!result) continue;
    result->non_finite.merge(tile.non_finite);
    result->errors.add(tile.errors);
  }
  return buffers;
}

std::vector<float> decoded(const Buffers& buffers) {
  std::vector<float> values(static_cast<size_t>(buffers.codec.rows * buffers.codec.columns));
  decode(buffers.codec, buffers.source(), buffers.codec.rows, values.data(), Dtype::F32);
  return values;
}

}  // namespace lcr::tests
