#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace lcr {

// Whether there is a construction for this size itself: 1, 4 times the order of a Williamson quadruple that is listed,
// q + 1 for a prime q = 3 mod 4, or 2 (q + 1) for a prime q = 1 mod 4.
bool is_hadamard_base(int64_t n);

// Entries +-1, f64 [n, n], of a size that is_hadamard_base() accepts.
at::Tensor hadamard_base_signs(int64_t n);

}  // namespace lcr
