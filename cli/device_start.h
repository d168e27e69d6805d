#pragma once

#include <thread>

namespace lcr::cli {

// Begins to make a CUDA device ready, in a thread, while the backend and its libraries are loaded: both take some tenths of
// a second. Without such a device it does nothing; what fails is told by who needs the device.
std::jthread start_device();

}  // namespace lcr::cli
