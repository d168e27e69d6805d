#pragma once

#include <cstdint>

// Scalar conversions between fp32 and the small formats, exact and without a table, so that compilers vectorise them and
// every instruction set (and CUDA) gives the same bits. All rounding is to nearest, ties to even; floating-point
// contraction is off wherever they are used. Always inlined: files built for other instruction sets include this.
namespace lcr::bits {

#ifdef __CUDACC__
#define LCR_SCALAR __host__ __device__ __forceinline__
#else
#define LCR_SCALAR [[gnu::always_inline]] inline
#endif

LCR_SCALAR uint32_t of_float(float x) { return __builtin_bit_cast(uint32_t, x); }
LCR_SCALAR float to_float(uint32_t b) { return __builtin_bit_cast(float, b); }
LCR_SCALAR float magnitude(float x) { return to_float(of_float(x) & 0x7FFFFFFFu); }

inline constexpr float largest_bf16 = 0x1.fep127f, largest_f16 = 65504.f, largest_e4m3 = 448.f, largest_e2m1 = 6.f;

// 1.5 * 2^23: adding it leaves round(x) in the low mantissa bits, as two's complement, for |x| < 2^22.
inline constexpr float round_magic = 12582912.f;
LCR_SCALAR int32_t nearest_integer(float x) { return static_cast<int32_t>(of_float(x + round_magic)) - 0x4B400000; }

LCR_SCALAR float from_bf16(uint16_t b) { return to_float(static_cast<uint32_t>(b) << 16); }

// Overflows to infinity as the format does; NaN stays NaN.
LCR_SCALAR uint16_t to_bf16(float x) {
  const uint32_t b = of_float(x);
  const uint32_t rounded = (b + 0x7FFFu + ((b >> 16) & 1u)) >> 16;
  const uint32_t nan = (b >> 16) | 0x40u;
  return static_cast<uint16_t>((b & 0x7FFFFFFFu) > 0x7F800000u ? nan : rounded);
}

LCR_SCALAR float from_f16(uint16_t h) {
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
  const uint32_t body = static_cast<uint32_t>(h & 0x7FFFu);
  const float subnormal = static_cast<float>(static_cast<int32_t>(body)) * 0x1p-24f;
  const uint32_t normal = (body << 13) + (112u << 23);
  const uint32_t special = (body << 13) | 0x7F800000u;
  const uint32_t value = body < 0x400u ? of_float(subnormal) : body >= 0x7C00u ? special : normal;
  return to_float(value | sign);
}

LCR_SCALAR uint16_t to_f16(float x) {
  const uint32_t b = of_float(x), sign = (b >> 16) & 0x8000u, a = b & 0x7FFFFFFFu;
  const uint32_t normal = ((a + 0xFFFu + ((a >> 13) & 1u)) >> 13) - (112u << 10);
  // 0.5 has an ulp of 2^-24, the quantum of subnormal halves.
  const uint32_t subnormal = of_float(to_float(a) + 0.5f) - of_float(0.5f);
  uint32_t value = a < 0x38800000u ? subnormal : normal;
  value = a >= 0x477FF000u ? 0x7C00u : value;
  value = a > 0x7F800000u ? 0x7E00u : value;
  return static_cast<uint16_t>(value | sign);
}

// Rounds |x| to `Mantissa` bits and no finer than at the exponent field Least, saturating at the pattern Largest (NaN
// too: non-finite weights are refused before). Adding 2^(exponent + 23 - Mantissa) leaves the quanta, rounded to even, in
// the low bits of the sum.
template <int Mantissa, uint32_t Least, int32_t Largest>
struct SmallFloat {
  int32_t exponent, sum, magic;
  LCR_SCALAR explicit SmallFloat(float x) {
    int32_t a = static_cast<int32_t>(of_float(x) & 0x7FFFFFFFu);
    a = a < Largest ? a : Largest;
    exponent = a & 0x7F800000;
    constexpr int32_t least = static_cast<int32_t>(Least << 23);
    exponent = exponent > least ? exponent : least;
    magic = exponent + ((23 - Mantissa) << 23);
    sum = static_cast<int32_t>(of_float(to_float(static_cast<uint32_t>(a)) + to_float(static_cast<uint32_t>(magic))));
  }
  // The bits without the sign: quanta above those of the exponents below.
  LCR_SCALAR int32_t code() const { return sum - magic + (exponent >> (23 - Mantissa)) - static_cast<int32_t>(Least << Mantissa); }
  LCR_SCALAR float value() const { return to_float(static_cast<uint32_t>(sum)) - to_float(static_cast<uint32_t>(magic)); }
};
using E4m3 = SmallFloat<3, 121, 0x43E00000>;
using E2m1 = SmallFloat<1, 127, 0x40C00000>;

LCR_SCALAR float with_sign_of(float x, float value) { return to_float(of_float(value) | (of_float(x) & 0x80000000u)); }

// e4m3fn of |x| with the sign of another number; saturates at 448.
LCR_SCALAR int32_t e4m3_code(float x, float sign) {
  return E4m3(x).code() | static_cast<int32_t>((of_float(sign) >> 24) & 0x80u);
}
LCR_SCALAR uint8_t to_e4m3(float x) { return static_cast<uint8_t>(e4m3_code(x, x)); }

LCR_SCALAR float from_e4m3(uint8_t c) {
  const uint32_t sign = static_cast<uint32_t>(c & 0x80u) << 24, body = c & 0x7Fu;
  const float subnormal = static_cast<float>(static_cast<int32_t>(body)) * 0x1p-9f;
  const uint32_t normal = (body << 20) + (120u << 23);
  uint32_t value = body < 8u ? of_float(subnormal) : normal;
  value = body == 0x7Fu ? 0x7FC00000u : value;
  return to_float(value | sign);
}

// e2m1 as four bits, the sign in bit 3; saturates at 6. Small negatives become -0 (code 8).
LCR_SCALAR int32_t e2m1_code(float x, float sign) {
  return E2m1(x).code() | static_cast<int32_t>((of_float(sign) >> 28) & 8u);
}
LCR_SCALAR uint8_t to_e2m1(float x) { return static_cast<uint8_t>(e2m1_code(x, x)); }

LCR_SCALAR float from_e2m1(uint8_t c) {
  const uint32_t sign = static_cast<uint32_t>(c & 8u) << 28, body = c & 7u;
  const uint32_t normal = (body << 22) + (126u << 23);
  const uint32_t value = body < 2u ? (body == 1u ? 0x3F000000u : 0u) : normal;
  return to_float(value | sign);
}

// 2^(byte - 127); byte 0 is the subnormal 2^-127, byte 255 (never written) infinity.
LCR_SCALAR float from_e8m0(uint8_t e) { return to_float(e == 0u ? 0x00400000u : static_cast<uint32_t>(e) << 23); }

// Value of x after rounding to the format, still fp32.
LCR_SCALAR float round_e4m3(float x) { return with_sign_of(x, E4m3(x).value()); }
LCR_SCALAR float round_e2m1(float x) { return with_sign_of(x, E2m1(x).value()); }
LCR_SCALAR float round_bf16(float x) { return from_bf16(to_bf16(x)); }
LCR_SCALAR float round_f16(float x) { return from_f16(to_f16(x)); }

}  // namespace lcr::bits
