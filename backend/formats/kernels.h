#pragma once

#include <cstdint>

#include "compiler/language/dtype.h"
#include "compiler/language/encoding.h"

// The loops of this room, built once for each instruction set with the same result to the bit: no contraction, sums in a
// fixed order (see kernel_error.h). A "unit" is the run of `unit` consecutive elements of a row that shares a scale.
namespace lcr {

// How a range becomes a stored scale.
struct ScaleRule {
  Dtype stored = Dtype::BF16;
  float divisor = 1.f;       // symmetric: half of the code range (7.5 for int4), 448, 6
  float global = 1.f;        // multiplies the scale before it is rounded to e4m3
  int exponent_shift = 0;    // e8m0: floor(log2(largest code)), 2 for e2m1 and 8 for e4m3
  uint32_t exponent_carry = 0;  // e8m0: added to the fp32 pattern of the range; what carries rounds the exponent up
  float lowest = -8.f, highest = 7.f;  // integer codes, for zero points
};

// How x / scale becomes a code byte.
struct CodeRule {
  Element element = Element::Int;
  float lowest = -8.f, highest = 7.f;  // integers: clamped here before rounding
  int offset = 0;                      // added to an integer code; 2^(bits-1) where codes are packed
  bool power_scales = false;           // scales are powers of two
  bool short_scales = false;           // scales have at most 11 significant bits
};

struct Kernels {
  const char* name;

  // Largest magnitude of each unit; infinity or NaN when the unit holds one.
  void (*absmax)(const void* x, Dtype dtype, int64_t units, int64_t unit, float* out);
  // Lowest and highest value of each unit, zero included. NaN sorts beyond infinity.
  void (*range)(const void* x, Dtype dtype, int64_t units, int64_t unit, float* low, float* high);

  void (*symmetric_scales)(const ScaleRule& rule, const float* absmax, int64_t count, void* stored);
  void (*asymmetric_scales)(const ScaleRule& rule, const float* low, const float* high, int64_t count, void* stored,
                            int8_t* zero_points);
  // The fp32 scale that encoders divide by and decoders multiply by: stored / global.
  void (*load_scales)(Dtype stored, const void* scales, int64_t count, float global, float* out);

  // One byte a code; integers and e4m3. zero_points may be null.
  void (*encode)(const CodeRule& rule, const void* x, Dtype dtype, int64_t units, int64_t unit, const float* scales,
                 const int8_t* zero_points, uint8_t* codes);
  // Two codes a byte, the first in the low nibble; four-bit integers and e2m1, in units of an even length.
  void (*encode_nibbles)(const CodeRule& rule, const void* x, Dtype dtype, int64_t units, int64_t unit,
                         const float* scales, const int8_t* zero_points, uint8_t* codes);
  void (*decode)(const CodeRule& rule, const uint8_t* codes, int64_t units, int64_t unit, const float* scales,
                 const int8_t* zero_points, float* out);
  // Dense LSB-first bit stream of `count` codes of `bits` bits; the rest of out_bytes is zeroed.
  void (*pack)(const uint8_t* codes, int64_t count, int bits, uint8_t* out, int64_t out_bytes);
  void (*unpack)(const uint8_t* packed, int64_t count, int bits, uint8_t* codes);

  void (*widen)(const void* x, Dtype dtype, int64_t count, float* out);
  void (*narrow)(const float* x, int64_t count, Dtype dtype, void* out);

  // Sums of (x - y)^2 and of x^2.
  void (*square_sums)(const float* x, const float* y, int64_t count, double* error, double* signal);
  // Sum of (|x - decode(encode(x))| * weight)^norm over one run that shares a scale.
  float (*trial_error)(const CodeRule& rule, const float* x, int64_t count, float scale, float zero_point, float weight,
                       float norm);
  // For groups of 16 e2m1: keeps the scales as stored or takes those of `other`, whichever has the smaller squared error.
  void (*four_over_six)(const void* x, Dtype dtype, int64_t units, float global, const uint8_t* other, uint8_t* stored);

  // Reads `in_bytes`, writes `out_bytes` <= in_bytes: the traffic of a quantization without its arithmetic.
  void (*copy)(const void* in, int64_t in_bytes, void* out, int64_t out_bytes);
};

// The fastest that this processor runs; LCR_KERNELS=baseline|avx2|avx512 in the environment picks another.
const Kernels& kernels();
// nullptr when this build or this processor lacks it.
const Kernels* kernels_named(const char* name);

}  // namespace lcr
