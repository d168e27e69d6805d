#pragma once

#include <functional>
#include <string>
#include <thread>

namespace lcr {

// Loads what computing on a device needs: nothing for "cpu" (or an empty name), the tensor library's CUDA part for
// "cuda". False when this machine has no such device that works.
bool load_device(const std::string& device);

// What a device will be used for, beside running a model.
struct DeviceUse {
  int factorizing = 0;         // threads that factorize side by side
  std::function<void()> more;  // to be done once for the sake of its first use; may throw as the tensor library does
};

// Loads a device in a thread, and makes its libraries of matrix products, attention and factorizations ready: their first
// use takes tenths of a second each, which other work can fill. Without such a device it does nothing.
std::jthread warm_device(const std::string& device, const DeviceUse& use);

}  // namespace lcr
