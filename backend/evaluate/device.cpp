#include "backend/evaluate/device.h"

#include <ATen/ATen.h>
#include <dlfcn.h>

#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {

bool prepare_device(const std::string& device, Diagnostics& diagnostics) {
  if (device.empty() || device == "cpu") return true;
  // Registers its kernels when it is loaded; machines without a GPU need not have it.
  bool loaded = device == "cuda" && ::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr;
  if (loaded && at::hasCUDA()) return true;
  diagnostics.report(codes::L8013, "the evaluation needs the device `" + device + "`, and this machine has none that works")
      .help("evaluate on the CPU with `--device cpu`");
  return false;
}

}  // namespace lcr
