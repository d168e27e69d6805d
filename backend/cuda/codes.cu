#include "backend/cuda/units.cuh"

namespace lcr::cuda {

namespace {

constexpr int threads = 256;

__device__ __forceinline__ uint8_t code_of(const lcr_cuda_tile& tile, float x, float scale, float zero) {
  if (tile.element == LCR_FP8) return bits::to_e4m3(x / scale);
  if (tile.element == LCR_FP4) return bits::to_e2m1(x / scale);
  float y = x / scale;
  if (!tile.symmetric) y += zero;
  // The low byte of the sum's pattern is the integer in two's complement.
  return static_cast<uint8_t>(bits::of_float(clamped(y, tile.lowest, tile.highest) + bits::round_magic) +
                              static_cast<uint32_t>(tile.offset));
}

// Eight columns of one row a thread: eight codes of b bits are b whole bytes.
__global__ void codes(DeviceTile tile, int64_t eights) {
  int64_t index = static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x;
  const lcr_cuda_tile& shape = tile.shape;
  if (index >= eights * shape.rows) return;
  int64_t row = index / eights, first = index % eights * 8;
  int count = static_cast<int>(shape.columns - first < 8 ? shape.columns - first : 8);
  int64_t scales = row / shape.unit_rows * shape.scale_columns;
  int width = shape.layout == LCR_WORDS || shape.layout == LCR_NIBBLES ? shape.bits : 8;
  uint32_t mask = (1u << width) - 1;
  uint64_t packed = 0;
  for (int i = 0; i < count; ++i) {
    int64_t unit = scales + (first + i) / shape.unit_columns;
    float zero = tile.zero_points != nullptr ? static_cast<float>(tile.zero_points[unit]) : 0.f;
    float x = load(tile.weights, shape.dtype, row * shape.columns + first + i);
    packed |= static_cast<uint64_t>(code_of(shape, x, tile.factors[unit], zero) & mask) << (i * width);
  }
  uint8_t* out = tile.codes + row * shape.codes_row_bytes + first / 8 * width;
  int bytes = (count * width + 7) / 8;
  if (bytes == 4 && shape.codes_row_bytes % 4 == 0) {
    *reinterpret_cast<uint32_t*>(out) = static_cast<uint32_t>(packed);
  } else if (bytes == 8 && shape.codes_row_bytes % 8 == 0) {
    *reinterpret_cast<uint64_t*>(out) = packed;
  } else {
    for (int i = 0; i < bytes; ++i) out[i] = static_cast<uint8_t>(packed >> (8 * i));
  }
}

// Zero points of 32 rows of scales are `bits` words in each column of scales.
__global__ void packed_zero_points(DeviceTile tile, int64_t runs) {
  int64_t index = static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x;
  const lcr_cuda_tile& shape = tile.shape;
  if (index >= runs * shape.scale_columns) return;
  int64_t run = index / shape.scale_columns, column = index % shape.scale_columns;
  int rows = static_cast<int>(shape.scale_rows - run * 32 < 32 ? shape.scale_rows - run * 32 : 32);
  uint32_t words[8] = {};
  for (int r = 0; r < rows; ++r) {
    auto code = static_cast<uint32_t>(tile.zero_points[(run * 32 + r) * shape.scale_columns + column] -
                                      static_cast<int>(shape.lowest));
    int bit = r * shape.bits;
    words[bit / 32] |= code << (bit % 32);
    if (bit % 32 + shape.bits > 32) words[bit / 32 + 1] |= code >> (32 - bit % 32);
  }
  int count = (rows * shape.bits + 31) / 32;
  for (int w = 0; w < count; ++w) tile.packed_zeros[(run * shape.bits + w) * shape.scale_columns + column] = words[w];
}

__global__ void measure(DeviceTile tile) {
  const lcr_cuda_tile& shape = tile.shape;
  double error = 0, signal = 0;
  int64_t total = shape.rows * shape.columns;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x; i < total; i += int64_t{gridDim.x} * threads) {
    int64_t row = i / shape.columns, column = i % shape.columns;
    int64_t unit = row / shape.unit_rows * shape.scale_columns + column / shape.unit_columns;
    float zero = tile.zero_points != nullptr ? static_cast<float>(tile.zero_points[unit]) : 0.f;
    double x = load(tile.weights, shape.dtype, i);
    double lost = x - requantized(shape, static_cast<float>(x), tile.factors[unit], zero);
    error += lost * lost;
    signal += x * x;
  }
  atomicAdd(tile.sums, error);
  atomicAdd(tile.sums + 1, signal);
}

// Reads the weights once and writes the bytes of the codes.
__global__ void copy(const uint4* in, int64_t in_words, uint8_t* out, int64_t out_bytes) {
  int64_t step = int64_t{gridDim.x} * threads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x; i < in_words; i += step) {
    uint4 x = in[i];
    uint32_t folded = x.x ^ x.y ^ x.z ^ x.w;
    if (i * 4 + 4 <= out_bytes) reinterpret_cast<uint32_t*>(out)[i] = folded;
  }
}

}  // namespace

void launch_codes(const DeviceTile& tile, cudaStream_t stream) {
  int64_t eights = (tile.shape.columns + 7) / 8, work = eights * tile.shape.rows;
  codes<<<static_cast<unsigned>((work + threads - 1) / threads), threads, 0, stream>>>(tile, eights);
  if (tile.zero_points == nullptr || !tile.shape.packed_zero_points) return;
  int64_t runs = (tile.shape.scale_rows + 31) / 32, columns = runs * tile.shape.scale_columns;
  packed_zero_points<<<static_cast<unsigned>((columns + threads - 1) / threads), threads, 0, stream>>>(tile, runs);
}

void launch_measure(const DeviceTile& tile, cudaStream_t stream) { measure<<<512, threads, 0, stream>>>(tile); }

void launch_copy(const DeviceTile& tile, cudaStream_t stream) {
  int64_t size = tile.shape.dtype == LCR_F32 ? 4 : 2;
  copy<<<2048, threads, 0, stream>>>(static_cast<const uint4*>(tile.weights), tile.shape.rows * tile.shape.columns * size / 16,
                                     tile.codes, tile.shape.codes_bytes);
}

}  // namespace lcr::cuda
