#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace lcr {

// Entries +-1, f64 [n, n], of a size that is_hadamard_base() accepts.
at::Tensor hadamard_base_signs(int64_t n);

}  // namespace lcr
