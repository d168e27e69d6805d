#pragma once

// Included by the kernels_*.cpp, inside of the namespace of one instruction set; no other file may include this.
// Codes are decided by the correctly rounded quotient x / scale. Where fused multiply-add exists it comes from the
// reciprocal r = 1 / scale, rounded, without a division an element:
//   Exact    scale is a power of two: x * r has one rounding, that of the quotient.
//   OneStep  x and scale have at most 11 significant bits (bf16, f16). q = x * r, then q += r * (x - q * scale). If
//            x / scale is a tie between two codes, it has few bits and q comes out exact; if not, it is at least 2^-21
//            away from every tie, relatively, and q is closer to it than 2^-23. The code is that of the quotient.
//   TwoSteps any x and scale: after the first step q is one of the two neighbours of x / scale, and Markstein's theorem
//            (1990) says that the second one rounds correctly, because r is the rounded reciprocal.
// The residual must not underflow where a code can change: scales outside of 2^-60 ... 2^60 are divided by.
enum class Quotient { Divide, Exact, OneStep, TwoSteps };

template <Quotient Q>
LCR_SCALAR float quotient(float x, float scale, float reciprocal) {
  if constexpr (Q == Quotient::Divide) return x / scale;
  float q = x * reciprocal;
  if constexpr (Q != Quotient::Exact) q = __builtin_fmaf(__builtin_fmaf(-q, scale, x), reciprocal, q);
  if constexpr (Q == Quotient::TwoSteps) q = __builtin_fmaf(__builtin_fmaf(-q, scale, x), reciprocal, q);
  return q;
}

inline Quotient quotient_for(const CodeRule& rule, Dtype dtype, const float* __restrict scales, int64_t units) {
  if (rule.power_scales) return Quotient::Exact;
#if defined(__FMA__) || defined(__AVX512F__)
  int32_t inside = -1;
  for (int64_t u = 0; u < units; ++u) inside &= scales[u] >= 0x1p-60f && scales[u] <= 0x1p60f ? -1 : 0;
  if (!inside) return Quotient::Divide;
  return rule.short_scales && dtype != Dtype::F32 ? Quotient::OneStep : Quotient::TwoSteps;
#else
  (void)dtype, (void)scales, (void)units;
  return Quotient::Divide;
#endif
}

// Calls FUNCTION<…, Q> for the Q of a run-time value; builds without fused multiply-add hold two of the four.
#if defined(__FMA__) || defined(__AVX512F__)
#define LCR_WITH_QUOTIENT(q, CALL)                        \
  switch (q) {                                            \
    case Quotient::Exact: return CALL(Quotient::Exact);   \
    case Quotient::OneStep: return CALL(Quotient::OneStep); \
    case Quotient::TwoSteps: return CALL(Quotient::TwoSteps); \
    default: return CALL(Quotient::Divide);               \
  }
#else
#define LCR_WITH_QUOTIENT(q, CALL)                      \
  switch (q) {                                          \
    case Quotient::Exact: return CALL(Quotient::Exact); \
    default: return CALL(Quotient::Divide);             \
  }
#endif
