#include "backend/cuda/enqueue.h"
#include "backend/cuda/units.cuh"

// Scales of weights that lie in device memory, and what rounding with them loses.
namespace lcr::cuda {

namespace {

constexpr int threads = 256;

// Four columns a thread where a row has whole fours.
template <int Columns>
__global__ void round(DeviceTile tile, float* out, bool difference) {
  const lcr_cuda_tile& shape = tile.shape;
  int64_t first = (static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x) * Columns;
  if (first >= shape.rows * shape.columns) return;
  int64_t row = first / shape.columns, column = first % shape.columns;
  int64_t scales = row / shape.unit_rows * shape.scale_columns;
#pragma unroll
  for (int i = 0; i < Columns; ++i) {
    int64_t unit = scales + (column + i) / shape.unit_columns;
    float zero = tile.zero_points != nullptr ? static_cast<float>(tile.zero_points[unit]) : 0.f;
    float x = load(tile.weights, shape.dtype, first + i);
    float channel = tile.channels == nullptr ? 1.f : tile.channels[column + i];
    float value = requantized(shape, x * channel, tile.factors[unit], zero) / channel;
    out[first + i] = difference ? value - x : value;
  }
}

__global__ void stored_of(DeviceTile tile, float* stored, float* zeros, int64_t units) {
  int64_t unit = static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (unit >= units) return;
  // Formats without a global scale store what they divide by.
  stored[unit] = tile.shape.scale_dtype == LCR_E4M3 ? bits::from_e4m3(tile.scales[unit]) : tile.factors[unit];
  if (zeros != nullptr) zeros[unit] = static_cast<float>(tile.zero_points[unit]);
}

unsigned blocks_of(int64_t work) { return static_cast<unsigned>((work + threads - 1) / threads); }

}  // namespace

void launch_rounded(const DeviceTile& tile, float* out, bool difference, cudaStream_t stream) {
  int64_t count = tile.shape.rows * tile.shape.columns;
  if (tile.shape.columns % 4 == 0) {
    round<4><<<blocks_of(count / 4), threads, 0, stream>>>(tile, out, difference);
  } else {
    round<1><<<blocks_of(count), threads, 0, stream>>>(tile, out, difference);
  }
}

void launch_stored(const DeviceTile& tile, float* stored, float* zeros, cudaStream_t stream) {
  int64_t units = tile.shape.scale_rows * tile.shape.scale_columns;
  stored_of<<<blocks_of(units), threads, 0, stream>>>(tile, stored, zeros, units);
}

}  // namespace lcr::cuda

extern "C" int lcr_cuda_round(const lcr_cuda_rounding* rounding, int device, void* stream, char* error, int size) {
  using namespace lcr::cuda;
  DeviceTile tile{};
  tile.shape = rounding->shape;
  tile.weights = rounding->weights;
  tile.channels = rounding->channels;
  tile.importance = rounding->importance;
  tile.low = rounding->low;
  tile.high = rounding->high;
  tile.scales = rounding->bytes;
  tile.factors = rounding->scales;
  tile.zero_points = rounding->zero_points;
  tile.shrinks = rounding->shrinks;
  tile.finite = rounding->finite;
  auto on = static_cast<cudaStream_t>(stream);
  return enqueue(device, error, size, [&] {
    launch_ranges(tile, on);
    launch_scales(tile, on);
    launch_stored(tile, rounding->stored, rounding->zeros, on);
    if (rounding->out != nullptr) launch_rounded(tile, rounding->out, rounding->difference != 0, on);
  });
}
