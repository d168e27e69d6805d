#pragma once

#include <cstdint>

#include "compiler/language/encoding.h"
#include "compiler/language/stack.h"

namespace lcr {

// Rows of a weight in memory, row-major. BF16, F16 or F32.
struct WeightRows {
  const void* data = nullptr;  // in host memory
  Dtype dtype = Dtype::BF16;
  int64_t rows = 0, columns = 0;
  int64_t stride = 0;    // elements from one row to the next
  bool on_device = false;  // `data` is memory of the engine's device, and dense

  const void* row(int64_t index) const {
    return static_cast<const char*>(data) + index * stride * size_of(dtype);
  }
};

// Everything about how one weight's codes and scales lie in memory: what an encoder writes and a decoder reads.
struct Codec {
  Element element = Element::Int;
  int bits = 8;
  bool symmetric = true;
  CodeLayout layout = CodeLayout::Words;
  ScaleGrid grid;
  int64_t rows = 0, columns = 0;  // of the weight
  Dtype scale = Dtype::BF16;      // BF16, F16, F32, F8E4M3; U8 and F8E8M0 are exponents
  bool packed_zero_points = false;  // dense words along the rows, as the codes; else one I8 a scale
  bool global = false;              // scales are divided by one fp32 number
  bool whole_tensor = false;        // one scale for the whole weight

  // Lowest and highest integer code; integers only.
  int lowest() const { return -(1 << (bits - 1)); }
  int highest() const { return (1 << (bits - 1)) - 1; }
  // Bytes of one row of codes, and of the whole tensors.
  int64_t code_row_bytes() const;
  int64_t scale_row_bytes() const { return grid.columns * size_of(scale); }
  // The scale depends on weights outside of the tile: two passes, the first one observe().
  bool two_passes() const { return whole_tensor || global; }
};

// The codec of what plan_encoding() plans.
Codec codec_of(const Precision& precision, int64_t out, int64_t in, Dtype model);

// A tile of rows may start at multiples of this many rows only (blocks, zero points packed along the rows), and must
// be a multiple long unless it is the last one.
int64_t row_alignment(const Codec& codec);

// Where a tile's tensors lie: each pointer at the tile's first row (or row of scales, or word of zero points) in the
// planned tensor. zero_points is null for symmetric codecs.
struct EncodedRows {
  void* codes = nullptr;
  void* scales = nullptr;
  void* zero_points = nullptr;
  float global = 1.f;  // weight_global_scale, where the codec has one
};

// The same rows as read, const.
struct EncodedSource {
  const void* codes = nullptr;
  const void* scales = nullptr;
  const void* zero_points = nullptr;
  float global = 1.f;
};

}  // namespace lcr
