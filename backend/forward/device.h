#pragma once

#include <string>
#include <thread>

namespace lcr {

// Loads what computing on a device needs: nothing for "cpu" (or an empty name), the tensor library's CUDA part for
// "cuda". False when this machine has no such device that works.
bool load_device(const std::string& device);

// Does so in a thread, and makes the device's libraries of matrix products, attention and factorizations ready: their
// first use takes seconds, which other work can fill. `threads`: how many will factorize side by side, 0 when none
// will. Without such a device it does nothing.
std::jthread warm_device(const std::string& device, int threads);

}  // namespace lcr
