#pragma once

#include <cstdint>

namespace lcr {

// The most memory that this process has held at once (VmHWM: what the kernel counts as resident), in bytes.
int64_t peak_host_bytes();
// What it holds now (VmRSS), in bytes.
int64_t resident_host_bytes();

}  // namespace lcr
