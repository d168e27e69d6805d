#include "cli/device_start.h"

#include <dlfcn.h>

namespace lcr::cli {

std::jthread start_device() {
  // Here: in the thread it would wait for the libraries that are loaded meanwhile.
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return {};
  // The driver's own functions: results are 0 for success, a device is an int, a context a pointer.
  auto initialize = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  auto retain = reinterpret_cast<int (*)(void**, int)>(dlsym(driver, "cuDevicePrimaryCtxRetain"));
  if (initialize == nullptr || retain == nullptr) return {};
  return std::jthread([initialize, retain] {
    void* context = nullptr;
    if (initialize(0) == 0) retain(&context, 0);
  });
}

}  // namespace lcr::cli
