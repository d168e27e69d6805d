#pragma once

#include <cstdint>

#include "backend/cuda/lcr_cuda.h"
#include "backend/formats/bits.h"

// What the kernels of this room share: how a tile lies in device memory, and the scale of a range. The arithmetic is that
// of backend/formats to the bit: the same scalar functions, no contraction (-fmad=false), reductions whose order does not
// matter (integer maxima) or is the same (sums of sixteen by halves).
namespace lcr::cuda {

// A tile with its pointers in device memory, passed to kernels by value.
struct DeviceTile {
  lcr_cuda_tile shape;      // its host pointers are not used here
  const void* weights;
  float *low, *high;        // of every unit
  uint8_t* scales;          // as stored
  float* factors;           // scales as codes are divided by them
  int8_t* zero_points;      // one a unit
  uint8_t* codes;
  uint32_t* packed_zeros;
  const float* shrinks;
  int32_t* finite;
  double* sums;             // error, signal
  const float* channels = nullptr;  // what columns are multiplied by; null: nothing
  const float* importance = nullptr;  // what errors of columns are multiplied by; null: nothing
};

__device__ __forceinline__ float load(const void* data, int dtype, int64_t index) {
  if (dtype == LCR_BF16) return bits::from_bf16(static_cast<const uint16_t*>(data)[index]);
  if (dtype == LCR_F16) return bits::from_f16(static_cast<const uint16_t*>(data)[index]);
  return static_cast<const float*>(data)[index];
}

__device__ __forceinline__ float weight_at(const DeviceTile& tile, int64_t row, int64_t column) {
  float x = load(tile.weights, tile.shape.dtype, row * tile.shape.columns + column);
  return tile.channels == nullptr ? x : x * tile.channels[column];
}

// The columns and rows of unit number `unit`, cut at the ragged edge.
struct Unit {
  int64_t row, rows, column, columns;
};
__device__ __forceinline__ Unit unit_at(const lcr_cuda_tile& tile, int64_t unit) {
  int64_t row = unit / tile.scale_columns * tile.unit_rows, column = unit % tile.scale_columns * tile.unit_columns;
  int64_t rows = tile.rows - row < tile.unit_rows ? tile.rows - row : tile.unit_rows;
  int64_t columns = tile.columns - column < tile.unit_columns ? tile.columns - column : tile.unit_columns;
  return {row, rows, column, columns};
}

struct Scale {
  float factor;        // what weights are divided by
  float zero;          // zero point
  uint32_t stored;     // the stored bits, in the low bytes
};

__device__ __forceinline__ float saturated(float x, float largest) { return x < largest ? x : largest; }

__device__ __forceinline__ Scale stored_float(const lcr_cuda_tile& tile, float s) {
  if (tile.scale_dtype == LCR_F32) {
    s = saturated(s, 0x1.fffffep127f);
    s = s == 0.f ? 0x1p-23f : s;
    return {s, 0.f, bits::of_float(s)};
  }
  if (tile.scale_dtype == LCR_F16) {
    s = bits::round_f16(saturated(s, bits::largest_f16));
    uint16_t half = bits::to_f16(s == 0.f ? 0x1p-10f : s);
    return {bits::from_f16(half), 0.f, half};
  }
  s = bits::round_bf16(saturated(s, bits::largest_bf16));
  uint16_t half = bits::to_bf16(s == 0.f ? 0x1p-7f : s);
  return {bits::from_bf16(half), 0.f, half};
}

__device__ __forceinline__ Scale symmetric_scale(const lcr_cuda_tile& tile, float absmax, float divisor) {
  if (tile.scale_dtype == LCR_E4M3) {
    uint8_t code = bits::to_e4m3(absmax / divisor * tile.global);
    code = code == 0 ? 0x20 : code;
    return {bits::from_e4m3(code) / tile.global, 0.f, code};
  }
  if (tile.scale_dtype == LCR_E8M0) {
    int field = static_cast<int>((bits::of_float(absmax) + tile.exponent_carry) >> 23) - tile.exponent_shift;
    uint8_t byte = static_cast<uint8_t>(field > 0 ? field : 0);
    return {bits::from_e8m0(byte), 0.f, byte};
  }
  Scale scale = stored_float(tile, absmax / divisor);
  scale.factor = scale.factor / tile.global;
  return scale;
}

__device__ __forceinline__ Scale asymmetric_scale(const lcr_cuda_tile& tile, float low, float high) {
  Scale scale = stored_float(tile, (high - low) / (tile.highest - tile.lowest));
  float zero = tile.lowest - low / scale.factor;
  zero = zero < tile.highest ? zero : tile.highest;
  zero = zero > tile.lowest ? zero : tile.lowest;
  scale.zero = static_cast<float>(static_cast<int8_t>(bits::nearest_integer(zero)));
  return scale;
}

__device__ __forceinline__ Scale scale_of(const lcr_cuda_tile& tile, float low, float high) {
  return tile.symmetric ? symmetric_scale(tile, high, tile.divisor) : asymmetric_scale(tile, low, high);
}

__device__ __forceinline__ float clamped(float y, float lowest, float highest) {
  y = y < highest ? y : highest;
  return y > lowest ? y : lowest;
}

// The value that a weight has after it was stored.
__device__ __forceinline__ float requantized(const lcr_cuda_tile& tile, float x, float scale, float zero) {
  if (tile.element == LCR_FP8) return bits::round_e4m3(x / scale) * scale;
  if (tile.element == LCR_FP4) return bits::round_e2m1(x / scale) * scale;
  float y = clamped(x / scale + zero, tile.lowest, tile.highest);
  return ((y + bits::round_magic) - bits::round_magic - zero) * scale;
}

__device__ __forceinline__ void store(const DeviceTile& tile, int64_t unit, const Scale& scale) {
  tile.factors[unit] = scale.factor;
  if (tile.zero_points != nullptr) tile.zero_points[unit] = static_cast<int8_t>(scale.zero);
  switch (tile.shape.scale_dtype) {
    case LCR_F32: reinterpret_cast<uint32_t*>(tile.scales)[unit] = scale.stored; return;
    case LCR_BF16:
    case LCR_F16: reinterpret_cast<uint16_t*>(tile.scales)[unit] = static_cast<uint16_t>(scale.stored); return;
    default: tile.scales[unit] = static_cast<uint8_t>(scale.stored);
  }
}

// Kernels of this room, enqueued on the stream.
void launch_ranges(const DeviceTile& tile, cudaStream_t stream);
void launch_scales(const DeviceTile& tile, cudaStream_t stream);
void launch_codes(const DeviceTile& tile, cudaStream_t stream);
void launch_measure(const DeviceTile& tile, cudaStream_t stream);
void launch_copy(const DeviceTile& tile, cudaStream_t stream);
// Weights as rounded, divided by their column's factor again: float32 [rows, columns]; with `difference` less the weights.
void launch_rounded(const DeviceTile& tile, float* out, bool difference, cudaStream_t stream);
// Stored scales as numbers.
void launch_stored(const DeviceTile& tile, float* stored, float* zeros, cudaStream_t stream);

}  // namespace lcr::cuda
