#include "backend/cuda/enqueue.h"
#include "backend/cuda/numbers.cuh"

namespace lcr::cuda {

namespace {

constexpr int threads = 256;

// Eight numbers a thread.
template <int Dtype>
__global__ void gate(lcr_cuda_gate g, int64_t eights) {
  int64_t i = static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (i >= eights) return;
  uint4 gates = static_cast<const uint4*>(g.gate)[i], values = static_cast<const uint4*>(g.value)[i], result;
  const auto* a = reinterpret_cast<const uint16_t*>(&gates);
  const auto* b = reinterpret_cast<const uint16_t*>(&values);
  auto* out = reinterpret_cast<uint16_t*>(&result);
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    float x = number<Dtype>(a[j]);
    out[j] = pattern<Dtype>(rounded<Dtype>(x / (1.f + expf(-x))) * number<Dtype>(b[j]));
  }
  static_cast<uint4*>(g.out)[i] = result;
}

// A row a block: sums of squares of what two rows differ by.
template <int Dtype>
__global__ void differences(lcr_cuda_difference d) {
  __shared__ float parts[threads / 32];
  int64_t row = blockIdx.x;
  const auto* a = static_cast<const uint16_t*>(d.a) + row * d.width;
  const auto* b = static_cast<const uint16_t*>(d.b) + row * d.width;
  float sum = 0.f;
  for (int64_t i = threadIdx.x; i < d.width / 8; i += threads) {
    uint4 eight = reinterpret_cast<const uint4*>(a)[i], other = reinterpret_cast<const uint4*>(b)[i];
    const auto* x = reinterpret_cast<const uint16_t*>(&eight);
    const auto* y = reinterpret_cast<const uint16_t*>(&other);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      float difference = number<Dtype>(x[j]) - number<Dtype>(y[j]);
      sum += difference * difference;
    }
  }
#pragma unroll
  for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(~0u, sum, step);
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x != 0) return;
  double total = 0;
  for (int warp = 0; warp < threads / 32; ++warp) total += parts[warp];
  d.sums[row] = total;
}

}  // namespace

}  // namespace lcr::cuda

extern "C" int lcr_cuda_silu_gate(const lcr_cuda_gate* gate, int device, void* stream, char* error, int size) {
  using namespace lcr::cuda;
  if (gate->count == 0) return 0;
  return enqueue(device, error, size, [&] {
    int64_t eights = gate->count / 8;
    auto blocks = static_cast<unsigned>((eights + threads - 1) / threads);
    auto on = static_cast<cudaStream_t>(stream);
    if (gate->dtype == LCR_BF16) {
      lcr::cuda::gate<LCR_BF16><<<blocks, threads, 0, on>>>(*gate, eights);
    } else {
      lcr::cuda::gate<LCR_F16><<<blocks, threads, 0, on>>>(*gate, eights);
    }
  });
}

extern "C" int lcr_cuda_differences(const lcr_cuda_difference* difference, int device, void* stream, char* error, int size) {
  using namespace lcr::cuda;
  if (difference->rows == 0) return 0;
  return enqueue(device, error, size, [&] {
    auto blocks = static_cast<unsigned>(difference->rows);
    auto on = static_cast<cudaStream_t>(stream);
    if (difference->dtype == LCR_BF16) {
      differences<LCR_BF16><<<blocks, threads, 0, on>>>(*difference);
    } else {
      differences<LCR_F16><<<blocks, threads, 0, on>>>(*difference);
    }
  });
}
