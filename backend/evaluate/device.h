#pragma once

#include <string>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// Loads what computing on a device needs: nothing for "cpu" (or an empty name), the tensor library's CUDA part for
// "cuda". Reports a device that is not there.
bool prepare_device(const std::string& device, Diagnostics& diagnostics);

}  // namespace lcr
