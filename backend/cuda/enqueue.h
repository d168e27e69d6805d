#pragma once

#include <cstdio>

#include <cuda_runtime.h>

namespace lcr::cuda {

// Runs what enqueues kernels on a device; 0, or 1 with the reason in error.
template <class Enqueue>
int enqueue(int device, char* error, int size, const Enqueue& work) {
  cudaError_t status = cudaSetDevice(device);
  if (status == cudaSuccess) {
    work();
    status = cudaGetLastError();
  }
  if (status == cudaSuccess) return 0;
  std::snprintf(error, static_cast<size_t>(size), "%s", cudaGetErrorString(status));
  return 1;
}

}  // namespace lcr::cuda
