#include "backend/cuda/enqueue.h"
#include "backend/cuda/numbers.cuh"

namespace lcr::cuda {

namespace {

constexpr int threads = 256;

// A pair a thread; the threads beyond the pairs of a head copy what is not turned.
template <int Dtype>
__global__ void rope(lcr_cuda_rotation r, int64_t columns) {
  int64_t index = static_cast<int64_t>(blockIdx.x) * threads + threadIdx.x;
  if (index >= r.rows * r.heads * columns) return;
  int64_t head = index / columns, i = index % columns, row = head / r.heads;
  const uint16_t* x = static_cast<const uint16_t*>(r.x) + head * r.width;
  uint16_t* out = static_cast<uint16_t*>(r.out) + head * r.width;
  if (i >= r.pairs) {
    out[r.pairs + i] = x[r.pairs + i];
    return;
  }
  int64_t first = r.neighbours ? 2 * i : i, second = r.neighbours ? 2 * i + 1 : i + r.pairs;
  float a = number<Dtype>(x[first]), b = number<Dtype>(x[second]);
  float cosine = r.cosine[row * r.pairs + i], sine = r.sine[row * r.pairs + i];
  if (r.round_table) cosine = rounded<Dtype>(cosine), sine = rounded<Dtype>(sine);
  float ac = a * cosine, bs = b * sine, bc = b * cosine, as = a * sine;
  if (r.round_steps) ac = rounded<Dtype>(ac), bs = rounded<Dtype>(bs), bc = rounded<Dtype>(bc), as = rounded<Dtype>(as);
  out[first] = pattern<Dtype>(ac - bs);
  out[second] = pattern<Dtype>(bc + as);
}

template <int Dtype>
void launch(const lcr_cuda_rotation& r, cudaStream_t stream) {
  int64_t columns = r.width - r.pairs, work = r.rows * r.heads * columns;
  rope<Dtype><<<static_cast<unsigned>((work + threads - 1) / threads), threads, 0, stream>>>(r, columns);
}

}  // namespace

}  // namespace lcr::cuda

extern "C" int lcr_cuda_rope(const lcr_cuda_rotation* rotation, int device, void* stream, char* error, int size) {
  if (rotation->rows == 0) return 0;
  return lcr::cuda::enqueue(device, error, size, [&] {
    auto on = static_cast<cudaStream_t>(stream);
    rotation->dtype == LCR_BF16 ? lcr::cuda::launch<LCR_BF16>(*rotation, on) : lcr::cuda::launch<LCR_F16>(*rotation, on);
  });
}
