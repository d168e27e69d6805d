#pragma once

#include <array>
#include <cstdint>

namespace lcr {

// Orders m of quadruples of circulants by which the backend makes Hadamard matrices of 4 m.
inline constexpr std::array<int64_t, 6> williamson_orders{13, 23, 25, 29, 39, 43};

// Whether there is a construction for this size itself: 1, 4 times an order above, q + 1 for a prime q = 3 mod 4, or
// 2 (q + 1) for a prime q = 1 mod 4 (Paley 1933).
bool is_hadamard_base(int64_t n);
bool is_paley_one(int64_t n);
bool is_paley_two(int64_t n);

// Size of the smallest base that a matrix of n = base * 2^k is built from: 1 for powers of two, 0 when none is known.
int64_t hadamard_base(int64_t n);
bool has_hadamard(int64_t n);
// Largest divisor of n that has_hadamard().
int64_t largest_hadamard_block(int64_t n);

}  // namespace lcr
