#include "backend/cuda/enqueue.h"
#include "backend/cuda/numbers.cuh"

namespace lcr::cuda {

namespace {

constexpr int threads = 256;

// One pair, in place.
template <int Dtype>
__device__ __forceinline__ void turn(const lcr_cuda_rotation& r, float cosine, float sine, uint16_t& first, uint16_t& second) {
  float a = number<Dtype>(first), b = number<Dtype>(second);
  if (r.round_table) cosine = rounded<Dtype>(cosine), sine = rounded<Dtype>(sine);
  float ac = a * cosine, bs = b * sine, bc = b * cosine, as = a * sine;
  if (r.round_steps) ac = rounded<Dtype>(ac), bs = rounded<Dtype>(bs), bc = rounded<Dtype>(bc), as = rounded<Dtype>(as);
  first = pattern<Dtype>(ac - bs);
  second = pattern<Dtype>(bc + as);
}

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
  out[first] = x[first];
  out[second] = x[second];
  turn<Dtype>(r, r.cosine[row * r.pairs + i], r.sine[row * r.pairs + i], out[first], out[second]);
}

// Eight pairs of halves a thread, whole heads, fewer threads than 32 bits count.
template <int Dtype>
__global__ void rope_eights(lcr_cuda_rotation r, uint32_t heads, uint32_t eights) {
  uint32_t index = blockIdx.x * threads + threadIdx.x;
  uint32_t head = index / eights, i = index % eights * 8, row = head / heads;
  if (row >= r.rows) return;
  int64_t at = static_cast<int64_t>(head) * r.width + i, table = static_cast<int64_t>(row) * r.pairs + i;
  union Eight {
    uint4 wide;
    uint16_t one[8];
  } a, b;
  a.wide = *reinterpret_cast<const uint4*>(static_cast<const uint16_t*>(r.x) + at);
  b.wide = *reinterpret_cast<const uint4*>(static_cast<const uint16_t*>(r.x) + at + r.pairs);
#pragma unroll
  for (int k = 0; k < 8; ++k) turn<Dtype>(r, r.cosine[table + k], r.sine[table + k], a.one[k], b.one[k]);
  *reinterpret_cast<uint4*>(static_cast<uint16_t*>(r.out) + at) = a.wide;
  *reinterpret_cast<uint4*>(static_cast<uint16_t*>(r.out) + at + r.pairs) = b.wide;
}

bool in_eights(const lcr_cuda_rotation& r) {
  auto aligned = [](const void* p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; };
  return !r.neighbours && r.pairs % 8 == 0 && r.width == 2 * r.pairs && aligned(r.x) && aligned(r.out) &&
         r.rows * r.heads * r.pairs < int64_t{1} << 31;
}

template <int Dtype>
void launch(const lcr_cuda_rotation& r, cudaStream_t stream) {
  if (in_eights(r)) {
    int64_t eights = r.pairs / 8, all = r.rows * r.heads * eights;
    rope_eights<Dtype><<<static_cast<unsigned>((all + threads - 1) / threads), threads, 0, stream>>>(
        r, static_cast<uint32_t>(r.heads), static_cast<uint32_t>(eights));
    return;
  }
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
