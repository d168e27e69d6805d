#include <cstdio>

#include <cuda_runtime.h>

#include "backend/cuda/lcr_cuda.h"
#include "backend/formats/bits.h"

// The column sweep of GPTQ over one panel. Eight lanes a row: lane l holds the columns l, l + 8, … in registers, with
// their scales, and the triangle of the factor lies in shared memory. For each column its owner rounds, the error goes
// round the eight lanes, and each corrects its own columns that follow.
namespace lcr::cuda {

namespace {

constexpr int lanes = 8, turns = LCR_PANEL / lanes, threads = 256, rows_a_block = threads / lanes;
constexpr int shared_bytes = LCR_PANEL * LCR_PANEL * static_cast<int>(sizeof(float));

struct Chosen {
  float value;
  uint32_t code;
};

template <int Element, bool Zero>
__device__ __forceinline__ Chosen choose(const lcr_cuda_panel& panel, float weight, float scale, float zero) {
  float quotient = __fdiv_rn(weight, scale);
  if constexpr (Element == LCR_FP8) {
    bits::E4m3 number(quotient);
    uint32_t sign = bits::of_float(weight) >> 24 & 0x80u;
    return {__fmul_rn(bits::with_sign_of(weight, number.value()), scale), static_cast<uint32_t>(number.code()) | sign};
  } else if constexpr (Element == LCR_FP4) {
    bits::E2m1 number(quotient);
    uint32_t sign = bits::of_float(weight) >> 28 & 8u;
    return {__fmul_rn(bits::with_sign_of(weight, number.value()), scale), static_cast<uint32_t>(number.code()) | sign};
  } else {
    if constexpr (Zero) quotient = __fadd_rn(quotient, zero);
    quotient = fmaxf(fminf(quotient, panel.highest), panel.lowest);
    float shifted = __fadd_rn(quotient, bits::round_magic);
    float code = shifted - bits::round_magic;
    return {__fmul_rn(Zero ? code - zero : code, scale), bits::of_float(shifted)};
  }
}

// The code of 0.
template <bool Zero>
__device__ __forceinline__ uint32_t code_of_zero(float zero) {
  return Zero ? bits::of_float(zero + bits::round_magic) : 0u;
}

__device__ void load_factor(const lcr_cuda_panel& panel, float* factor, float* inverse) {
  for (int i = threadIdx.x; i < LCR_PANEL * LCR_PANEL; i += threads) {
    int row = i / LCR_PANEL, column = i % LCR_PANEL;
    bool inside = row <= column && column < panel.width;
    float x = inside ? panel.factor[row * panel.factor_stride + column] : 0.f;
    factor[i] = x;
    if (row == column) inverse[row] = inside ? 1.f / x : 0.f;
  }
  __syncthreads();
}

template <int Element, bool Zero>
__global__ void __launch_bounds__(threads) sweep(lcr_cuda_panel panel) {
  extern __shared__ float factor[];
  __shared__ float inverse[LCR_PANEL];
  load_factor(panel, factor, inverse);
  int lane = threadIdx.x % lanes;
  int64_t row = static_cast<int64_t>(blockIdx.x) * rows_a_block + threadIdx.x / lanes;
  // Rows beyond the last take part in the shuffles of their warp.
  bool inside = row < panel.rows;
  int64_t from = inside ? row : 0;

  float weights[turns], scales[turns], zeros[Zero ? turns : 1];
#pragma unroll
  for (int turn = 0; turn < turns; ++turn) {
    int column = turn * lanes + lane;
    bool held = column < panel.width;
    int64_t unit = from / panel.unit_rows * panel.scales_stride + (held ? panel.units[column] : 0);
    weights[turn] = held ? panel.weights[from * panel.weights_stride + column] : 0.f;
    scales[turn] = panel.scales[unit];
    if constexpr (Zero) zeros[turn] = panel.zeros[unit];
  }

#pragma unroll
  for (int turn = 0; turn < turns; ++turn) {
    int own = turn * lanes + lane;
    bool written = inside && own < panel.width;
    bool keep = panel.keep == nullptr || !written || panel.keep[row * panel.keep_stride + own] != 0;
    float zero = Zero ? zeros[turn] : 0.f, own_error = 0.f, own_value = 0.f;
    uint32_t own_code = 0;
#pragma unroll
    for (int owner = 0; owner < lanes; ++owner) {
      int column = turn * lanes + owner;
      // All lanes round; the owner's result counts.
      Chosen chosen = choose<Element, Zero>(panel, weights[turn], scales[turn], zero);
      if (!keep) chosen = {0.f, code_of_zero<Zero>(zero)};
      float error = (weights[turn] - chosen.value) * inverse[own];
      if (lane == owner) {
        own_error = error;
        own_value = chosen.value;
        own_code = chosen.code;
      }
      error = __shfl_sync(~0u, error, owner, lanes);
      const float* line = factor + column * LCR_PANEL + lane;
      if (lane > owner) weights[turn] = fmaf(-error, line[turn * lanes], weights[turn]);
#pragma unroll
      for (int later = turn + 1; later < turns; ++later) weights[later] = fmaf(-error, line[later * lanes], weights[later]);
    }
    if (!written) continue;
    panel.weights[row * panel.weights_stride + own] = own_value;
    panel.errors[row * panel.errors_stride + own] = own_error;
    panel.codes[row * panel.codes_stride + own] = static_cast<uint8_t>(own_code);
  }
}

template <int Element, bool Zero>
cudaError_t launch(const lcr_cuda_panel& panel, cudaStream_t stream) {
  cudaError_t error = cudaFuncSetAttribute(sweep<Element, Zero>, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes);
  if (error != cudaSuccess) return error;
  auto blocks = static_cast<unsigned>((panel.rows + rows_a_block - 1) / rows_a_block);
  sweep<Element, Zero><<<blocks, threads, shared_bytes, stream>>>(panel);
  return cudaGetLastError();
}

cudaError_t dispatch(const lcr_cuda_panel& panel, cudaStream_t stream) {
  switch (panel.element) {
    case LCR_FP8: return launch<LCR_FP8, false>(panel, stream);
    case LCR_FP4: return launch<LCR_FP4, false>(panel, stream);
    default: return panel.zeros != nullptr ? launch<LCR_INT, true>(panel, stream) : launch<LCR_INT, false>(panel, stream);
  }
}

}  // namespace

}  // namespace lcr::cuda

extern "C" int lcr_cuda_sweep(const lcr_cuda_panel* panel, int device, void* stream, char* error, int size) {
  if (panel->rows == 0 || panel->width == 0) return 0;
  if (panel->width > LCR_PANEL) {
    std::snprintf(error, static_cast<size_t>(size), "a panel of %lld columns", static_cast<long long>(panel->width));
    return 1;
  }
  cudaError_t status = cudaSetDevice(device);
  if (status == cudaSuccess) status = lcr::cuda::dispatch(*panel, static_cast<cudaStream_t>(stream));
  if (status == cudaSuccess) return 0;
  std::snprintf(error, static_cast<size_t>(size), "%s", cudaGetErrorString(status));
  return 1;
}
