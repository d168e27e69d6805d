#pragma once

// Included last by the kernels_*.cpp, inside of the namespace of one instruction set.

constexpr Kernels table(const char* name) {
  return {name,   absmax, range,  symmetric_scales, asymmetric_scales, load_scales,   encode, encode_nibbles, decode,
          pack,   unpack, widen,  narrow,           square_sums,       trial_error,   four_over_six, copy};
}
