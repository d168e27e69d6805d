#pragma once

#include <string>

namespace lcr {

// Loads what computing on a device needs: nothing for "cpu" (or an empty name), the tensor library's CUDA part for
// "cuda". False when this machine has no such device that works.
bool load_device(const std::string& device);

}  // namespace lcr
