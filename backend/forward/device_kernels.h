#pragma once

#include <functional>

#include "backend/cuda/lcr_cuda.h"
#include "backend/forward/tensor.h"

namespace lcr {

// Kernels of the CUDA library for what the tensor library does in many passes over memory. lcr_cuda.h says what each
// takes; null: there is none, and the tensor library computes the same but for the order of sums.
template <class Work>
using DeviceKernel = int (*)(const Work* work, int device, void* stream, char* error, int size);
struct DeviceKernels {
  DeviceKernel<lcr_cuda_norm> rms_norm = nullptr;
  DeviceKernel<lcr_cuda_rotation> rope = nullptr;
  DeviceKernel<lcr_cuda_gate> silu_gate = nullptr;
  DeviceKernel<lcr_cuda_difference> differences = nullptr;
  DeviceKernel<lcr_cuda_rounding> round = nullptr;
  DeviceKernel<lcr_cuda_columns> measure_columns = nullptr;
  DeviceKernel<lcr_cuda_dots> dot = nullptr;
  int64_t (*column_chunks)(int64_t rows) = nullptr;
};

// From now on work on CUDA devices is done by these. To be called before any is.
void register_device_kernels(const DeviceKernels& kernels);
const DeviceKernels& device_kernels();

// Whether a kernel on 16-bit numbers can take the tensor as it lies: on a CUDA device, dense, aligned for wide loads.
bool takes_half(const at::Tensor& x);
// Of a tensor of floats, as lcr_cuda.h numbers them.
int32_t device_dtype(const at::Tensor& x);

// Calls a kernel for the device and the current stream of `on`. Throws as the tensor library does.
void call_kernel(const at::Tensor& on, const std::function<int(int device, void* stream, char* error, int size)>& kernel);
template <class Work>
void call_kernel(const at::Tensor& on, DeviceKernel<Work> kernel, const Work& work) {
  call_kernel(on, [&](int device, void* stream, char* error, int size) { return kernel(&work, device, stream, error, size); });
}

}  // namespace lcr
