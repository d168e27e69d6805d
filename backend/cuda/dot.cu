#include "backend/cuda/enqueue.h"
#include "backend/cuda/lcr_cuda.h"

// Inner products of matrices. Every block takes the same rows whatever the device, and its threads are added in order of
// halves, so that nothing but the shape decides how the sum is rounded.
namespace lcr::cuda {

namespace {

constexpr int threads = 256;

// Rows blockIdx.x, blockIdx.x + parts …; `Wide`: four numbers a load.
template <bool Wide>
__global__ void dot(lcr_cuda_dots d) {
  __shared__ double sums[threads];
  double sum = 0;
  for (int64_t row = blockIdx.x; row < d.rows; row += gridDim.x) {
    const float *a = d.a + row * d.a_stride, *b = d.b + row * d.b_stride;
    if constexpr (Wide) {
      for (int64_t i = threadIdx.x; i < d.width / 4; i += threads) {
        float4 x = reinterpret_cast<const float4*>(a)[i], y = reinterpret_cast<const float4*>(b)[i];
        sum += static_cast<double>(x.x) * y.x;
        sum += static_cast<double>(x.y) * y.y;
        sum += static_cast<double>(x.z) * y.z;
        sum += static_cast<double>(x.w) * y.w;
      }
    } else {
      for (int64_t i = threadIdx.x; i < d.width; i += threads) sum += static_cast<double>(a[i]) * b[i];
    }
  }
  sums[threadIdx.x] = sum;
  for (int half = threads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  if (threadIdx.x == 0) d.sums[blockIdx.x] = sums[0];
}

bool wide(const float* first, int64_t stride) { return reinterpret_cast<uintptr_t>(first) % 16 == 0 && stride % 4 == 0; }

}  // namespace

}  // namespace lcr::cuda

extern "C" int lcr_cuda_dot(const lcr_cuda_dots* dots, int device, void* stream, char* error, int size) {
  using namespace lcr::cuda;
  return enqueue(device, error, size, [&] {
    auto on = static_cast<cudaStream_t>(stream);
    if (dots->width % 4 == 0 && wide(dots->a, dots->a_stride) && wide(dots->b, dots->b_stride)) {
      dot<true><<<LCR_DOT_PARTS, threads, 0, on>>>(*dots);
    } else {
      dot<false><<<LCR_DOT_PARTS, threads, 0, on>>>(*dots);
    }
  });
}
