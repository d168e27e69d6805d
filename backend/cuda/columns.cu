#include "backend/cuda/enqueue.h"
#include "backend/cuda/numbers.cuh"

// Statistics of columns: chunks of rows first, then the chunks in order, so that nothing but the shape decides how sums
// are rounded.
namespace lcr::cuda {

namespace {

constexpr int threads = 256;
constexpr int64_t chunk_rows = 128;

// A column a thread.
template <int Dtype>
__global__ void measure_chunks(lcr_cuda_columns c) {
  int64_t column = static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (column >= c.width) return;
  int64_t begin = blockIdx.y * chunk_rows, end = begin + chunk_rows < c.rows ? begin + chunk_rows : c.rows;
  const uint16_t* x = static_cast<const uint16_t*>(c.x) + column;
  double magnitudes = 0, squares = 0;
  float lowest = __int_as_float(0x7f800000), highest = -lowest;
#pragma unroll 8
  for (int64_t row = begin; row < end; ++row) {
    float value = number<Dtype>(x[row * c.width]);
    magnitudes += fabsf(value);
    squares += value * value;
    lowest = fminf(lowest, value);
    highest = fmaxf(highest, value);
  }
  int64_t place = blockIdx.y * c.width + column;
  c.magnitudes[place] = magnitudes;
  c.squares[place] = squares;
  c.lowest[place] = lowest;
  c.highest[place] = highest;
}

__global__ void join_chunks(lcr_cuda_columns c) {
  int64_t column = static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (column >= c.width) return;
  double magnitudes = 0, squares = 0;
  float lowest = c.lowest[column], highest = c.highest[column];
#pragma unroll 8
  for (int64_t chunk = 0; chunk < c.chunks; ++chunk) {
    int64_t place = chunk * c.width + column;
    magnitudes += c.magnitudes[place];
    squares += c.squares[place];
    lowest = fminf(lowest, c.lowest[place]);
    highest = fmaxf(highest, c.highest[place]);
  }
  c.magnitudes[column] = magnitudes;
  c.squares[column] = squares;
  c.lowest[column] = lowest;
  c.highest[column] = highest;
}

}  // namespace

}  // namespace lcr::cuda

extern "C" int64_t lcr_cuda_column_chunks(int64_t rows) { return (rows + lcr::cuda::chunk_rows - 1) / lcr::cuda::chunk_rows; }

extern "C" int lcr_cuda_measure_columns(const lcr_cuda_columns* columns, int device, void* stream, char* error, int size) {
  using namespace lcr::cuda;
  if (columns->rows == 0 || columns->width == 0) return 0;
  return enqueue(device, error, size, [&] {
    auto on = static_cast<cudaStream_t>(stream);
    auto wide = static_cast<unsigned>((columns->width + threads - 1) / threads);
    dim3 blocks(wide, static_cast<unsigned>(columns->chunks));
    if (columns->dtype == LCR_BF16) {
      measure_chunks<LCR_BF16><<<blocks, threads, 0, on>>>(*columns);
    } else {
      measure_chunks<LCR_F16><<<blocks, threads, 0, on>>>(*columns);
    }
    join_chunks<<<wide, threads, 0, on>>>(*columns);
  });
}
