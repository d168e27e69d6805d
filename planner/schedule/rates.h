#pragma once

#include <cstdint>

// What plans that run the model reckon with.
namespace lcr {

// Rates that calibrations were seen to reach: float32 on one core of a server's processor, 16 bits on an H100.
inline constexpr double cpu_flops = 4e10, cuda_flops = 3e14;
// A device's context and the libraries' workspaces, as seen on an H100.
inline constexpr int64_t device_fixed = int64_t{5} << 29;

}  // namespace lcr
