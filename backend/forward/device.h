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
  int factorizing = 0;          // threads that factorize side by side
  std::function<void()> later;  // to be done once for the sake of its first use; may throw as the tensor library does
};

// Loads a device in a thread, and makes its libraries of matrix products and attention ready; once the device is busy, what
// else it will be used for. Every kernel's first use takes some hundredths of a second, which other work can fill. Without
// such a device it does nothing.
std::jthread warm_device(const std::string& device, const DeviceUse& use);

// To be told when the device has been given work for a while.
void tell_device_busy();

}  // namespace lcr
