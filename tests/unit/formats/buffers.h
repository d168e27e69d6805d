#pragma once

#include <cstdint>
#include <vector>

#include "backend/formats/decode.h"
#include "backend/formats/quantize.h"
#include "reference.h"

namespace lcr::tests {

// A weight as a checkpoint stores it, with a row stride.
struct StoredWeight {
  Dtype dtype = Dtype::BF16;
  int64_t stride = 0;
  std::vector<uint8_t> bytes;
  reference::Weight values;  // what it holds, exactly

  WeightRows rows(int64_t begin, int64_t end) const;
  WeightRows all() const { return rows(0, values.rows); }
};

StoredWeight stored(const reference::Weight& weight, Dtype dtype, int64_t padding = 0);

// What a distribution of weights looks like: plain, with outliers, zero groups, tiny, huge, one-sided, constant.
enum class Shape { Normal, Outliers, ZeroGroups, Subnormal, Huge, Positive, Ties };
reference::Weight random_weight(int64_t rows, int64_t columns, Shape shape, uint32_t seed);

// Memory for everything that plan_encoding() plans.
struct Buffers {
  Encoding encoding;
  Codec codec;
  std::vector<uint8_t> codes, scales, zero_points;
  float global = 1.f;

  Buffers(const Precision& precision, int64_t out, int64_t in, Dtype model);
  EncodedRows at(int64_t row);
  EncodedSource source() const { return {codes.data(), scales.data(), zero_points.data(), global}; }
};

// Quantizes in tiles of so many rows (0: all at once).
Buffers quantized(const Precision& precision, const Observer& observer, const StoredWeight& weight, Dtype model,
                  int64_t tile_rows = 0, TileResult* result = nullptr, bool measure = false);

std::vector<float> decoded(const Buffers& buffers);

}  // namespace lcr::tests
