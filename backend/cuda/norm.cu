#include "backend/cuda/enqueue.h"
#include "backend/cuda/numbers.cuh"

namespace lcr::cuda {

namespace {

// Sum over the `Lanes` threads of a row, the same in all of them and in an order that only Lanes decides.
template <int Lanes>
__device__ __forceinline__ float sum_of_row(float x) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(~0u, x, step);
  if constexpr (Lanes > 32) {
    __shared__ float parts[Lanes / 32];
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
    x = parts[0];
#pragma unroll
    for (int warp = 1; warp < Lanes / 32; ++warp) x += parts[warp];
  }
  return x;
}

// `Lanes` threads a row, blocks of 256; eight numbers at a time. Rows are read twice, the second time from a cache.
template <int Dtype, int Lanes>
__global__ void rms_norm(lcr_cuda_norm norm) {
  int64_t row = static_cast<int64_t>(blockIdx.x) * (256 / Lanes) + threadIdx.x / Lanes;
  if (row >= norm.rows) return;
  int lane = threadIdx.x % Lanes;
  int64_t eights = norm.width / 8;
  const auto* x = reinterpret_cast<const uint4*>(static_cast<const uint16_t*>(norm.x) + row * norm.width);
  auto* out = reinterpret_cast<uint4*>(static_cast<uint16_t*>(norm.out) + row * norm.width);
  const auto* weights = static_cast<const uint4*>(norm.weight);
  float sum = 0.f;
  for (int64_t i = lane; i < eights; i += Lanes) {
    uint4 eight = x[i];
    const auto* numbers = reinterpret_cast<const uint16_t*>(&eight);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      float value = number<Dtype>(numbers[j]);
      sum += value * value;
    }
  }
  float root = rsqrtf(sum_of_row<Lanes>(sum) / static_cast<float>(norm.width) + norm.eps);
  for (int64_t i = lane; i < eights; i += Lanes) {
    uint4 eight = x[i], weight = weights == nullptr ? uint4{} : weights[i], result;
    const auto* numbers = reinterpret_cast<const uint16_t*>(&eight);
    const auto* factors = reinterpret_cast<const uint16_t*>(&weight);
    auto* results = reinterpret_cast<uint16_t*>(&result);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      float value = number<Dtype>(numbers[j]) * root;
      if (weights != nullptr) {
        float factor = number<Dtype>(factors[j]);
        if (norm.offset != 0.f) factor = norm.wide ? factor + norm.offset : rounded<Dtype>(factor + norm.offset);
        value = (norm.wide ? value : rounded<Dtype>(value)) * factor;
      }
      results[j] = pattern<Dtype>(value);
    }
    out[i] = result;
  }
}

template <int Dtype>
void launch(const lcr_cuda_norm& norm, cudaStream_t stream) {
  if (norm.width <= 1024) {
    rms_norm<Dtype, 32><<<static_cast<unsigned>((norm.rows + 7) / 8), 256, 0, stream>>>(norm);
  } else {
    rms_norm<Dtype, 256><<<static_cast<unsigned>(norm.rows), 256, 0, stream>>>(norm);
  }
}

}  // namespace

}  // namespace lcr::cuda

extern "C" int lcr_cuda_rms_norm(const lcr_cuda_norm* norm, int device, void* stream, char* error, int size) {
  if (norm->rows == 0) return 0;
  return lcr::cuda::enqueue(device, error, size, [&] {
    auto on = static_cast<cudaStream_t>(stream);
    norm->dtype == LCR_BF16 ? lcr::cuda::launch<LCR_BF16>(*norm, on) : lcr::cuda::launch<LCR_F16>(*norm, on);
  });
}
