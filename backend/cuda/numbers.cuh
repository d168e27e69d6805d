#pragma once

#include <cstdint>

#include "backend/cuda/lcr_cuda.h"
#include "backend/formats/bits.h"

namespace lcr::cuda {

// Numbers of 16 bits, as their patterns.
template <int Dtype>
__device__ __forceinline__ float number(uint16_t pattern) {
  return Dtype == LCR_BF16 ? bits::from_bf16(pattern) : bits::from_f16(pattern);
}
template <int Dtype>
__device__ __forceinline__ uint16_t pattern(float x) {
  return Dtype == LCR_BF16 ? bits::to_bf16(x) : bits::to_f16(x);
}
template <int Dtype>
__device__ __forceinline__ float rounded(float x) {
  return number<Dtype>(pattern<Dtype>(x));
}

}  // namespace lcr::cuda
