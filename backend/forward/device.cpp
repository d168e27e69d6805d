#include "backend/forward/device.h"

#include <ATen/ATen.h>
#include <dlfcn.h>

namespace lcr {

bool load_device(const std::string& device) {
  if (device.empty() || device == "cpu") return true;
  // Registers its kernels when it is loaded; machines without a GPU need not have it.
  const bool loaded = device == "cuda" && ::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr;
  return loaded && at::hasCUDA();
}

}  // namespace lcr
