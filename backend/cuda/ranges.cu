#include "backend/cuda/units.cuh"

namespace lcr::cuda {

namespace {

constexpr int threads = 256;

// Sign-magnitude to an integer order; NaN sorts beyond infinity on its side.
__device__ __forceinline__ int32_t ordered(uint32_t pattern) {
  auto x = static_cast<int32_t>(pattern);
  return x ^ ((x >> 31) & 0x7FFFFFFF);
}

struct Extent {
  int32_t least = 0, most = 0;
  __device__ void add(float x) {
    int32_t value = ordered(bits::of_float(x));
    least = value < least ? value : least;
    most = value > most ? value : most;
  }
  __device__ void merge(int32_t other_least, int32_t other_most) {
    least = other_least < least ? other_least : least;
    most = other_most > most ? other_most : most;
  }
};

__device__ void finish(const DeviceTile& tile, int64_t unit, const Extent& extent) {
  float low = extent.least < 0 ? bits::to_float(static_cast<uint32_t>(ordered(static_cast<uint32_t>(extent.least)))) : 0.f;
  float high = bits::to_float(static_cast<uint32_t>(extent.most));
  bool negative_only = tile.shape.element == LCR_INT && tile.shape.symmetric && tile.shape.bits == 1;
  if (!isfinite(low) || !isfinite(high)) *tile.finite = 0;
  // Symmetric formats use `high` as the magnitude.
  if (tile.shape.symmetric) high = negative_only ? -low : fmaxf(-low, high);
  tile.low[unit] = low;
  tile.high[unit] = high;
}

// Sixteen lanes a unit: groups of up to a few hundred columns of one row.
__global__ void small_units(DeviceTile tile, int64_t units) {
  int64_t unit = (static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x) / 16;
  int lane = threadIdx.x % 16;
  Extent extent;
  if (unit < units) {
    Unit at = unit_at(tile.shape, unit);
    for (int64_t row = at.row; row < at.row + at.rows; ++row)
      for (int64_t c = lane; c < at.columns; c += 16) extent.add(weight_at(tile, row, at.column + c));
  }
  for (int step = 8; step > 0; step /= 2) {
    int32_t least = __shfl_down_sync(~0u, extent.least, step, 16), most = __shfl_down_sync(~0u, extent.most, step, 16);
    extent.merge(least, most);
  }
  if (unit < units && lane == 0) finish(tile, unit, extent);
}

// A block a unit: channels and blocks of rows and columns.
__global__ void large_units(DeviceTile tile) {
  __shared__ int32_t least[threads], most[threads];
  int64_t unit = blockIdx.x;
  Unit at = unit_at(tile.shape, unit);
  Extent extent;
  for (int64_t i = threadIdx.x; i < at.rows * at.columns; i += threads)
    extent.add(weight_at(tile, at.row + i / at.columns, at.column + i % at.columns));
  least[threadIdx.x] = extent.least;
  most[threadIdx.x] = extent.most;
  for (int step = threads / 2; step > 0; step /= 2) {
    __syncthreads();
    if (threadIdx.x >= step) continue;
    extent.merge(least[threadIdx.x + step], most[threadIdx.x + step]);
    least[threadIdx.x] = extent.least;
    most[threadIdx.x] = extent.most;
  }
  if (threadIdx.x == 0) finish(tile, unit, extent);
}

}  // namespace

void launch_ranges(const DeviceTile& tile, cudaStream_t stream) {
  const lcr_cuda_tile& shape = tile.shape;
  int64_t units = shape.scale_rows * shape.scale_columns;
  if (shape.unit_rows * shape.unit_columns <= 512) {
    small_units<<<static_cast<unsigned>((units * 16 + threads - 1) / threads), threads, 0, stream>>>(tile, units);
  } else {
    large_units<<<static_cast<unsigned>(units), threads, 0, stream>>>(tile);
  }
}

}  // namespace lcr::cuda
