#pragma once

// Included by the kernels_*.cpp, inside of the namespace of one instruction set; no other file may include this.
// Sums are made the same way at any vector width: element i goes to partial sum i mod 16, and the sixteen are added by
// halves (8, 4, 2, 1).

template <class Number>
LCR_SCALAR Number sum_by_halves(Number* lanes) {
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  return lanes[0];
}

void square_sums(const float* __restrict x, const float* __restrict y, int64_t count, double* error, double* signal) {
  double errors[16] = {}, signals[16] = {};
  int64_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int lane = 0; lane < 16; ++lane) {
      const double value = x[i + lane], difference = value - static_cast<double>(y[i + lane]);
      errors[lane] += difference * difference;
      signals[lane] += value * value;
    }
  for (int lane = 0; i < count; ++i, ++lane) {
    const double value = x[i], difference = value - static_cast<double>(y[i]);
    errors[lane] += difference * difference;
    signals[lane] += value * value;
  }
  *error = sum_by_halves(errors);
  *signal = sum_by_halves(signals);
}

// x^exponent to about 1e-3 for 0 <= x < 4, by cubics: candidates are compared, not reported. Below 2^-126: 2^-126.
LCR_SCALAR float power(float x, float exponent) {
  const uint32_t b = bits::of_float(x);
  const float m = bits::to_float((b & 0x007FFFFFu) | 0x3F800000u);
  const float log = (-129.1744f + m * (3.0862f + m * (-1.0741f + m * 0.1623f))) + static_cast<float>(static_cast<int32_t>(b >> 23));
  float p = log * exponent;
  p = p > -126.f ? p : -126.f;
  // The integer part goes to the exponent, the fraction in -0.5 ... 0.5 through the cubic.
  const float shifted = p + bits::round_magic;
  const float f = p - (shifted - bits::round_magic);
  const float mantissa = 1.f + f * (0.69314718f + f * (0.24022651f + f * 0.05550411f));
  return bits::to_float(bits::of_float(mantissa) + (bits::of_float(shifted) << 23));
}

// A product with the reciprocal will do for a trial.
template <Element E>
LCR_SCALAR float trial_difference(float x, float scale, float inverse, float zero, float lowest, float highest) {
  const float y = x * inverse;
  if constexpr (E == Element::Fp8) return x - bits::round_e4m3(y) * scale;
  if constexpr (E == Element::Fp4) return x - bits::round_e2m1(y) * scale;
  const float q = clamped(y + zero, lowest, highest);
  return x - ((q + bits::round_magic) - bits::round_magic - zero) * scale;
}

typedef float Eight __attribute__((vector_size(32)));
typedef float Four __attribute__((vector_size(16)));

template <Element E>
float trial_error_of(const CodeRule& rule, const float* __restrict x, int64_t count, float scale, float zero, float weight,
                     float norm) {
  const float inverse = 1.f / scale, lowest = rule.lowest, highest = rule.highest;
  constexpr int64_t chunk = 256;
  float errors[chunk];
  Eight low = {}, high = {};
  float sums[16];
  for (int64_t begin = 0; begin < count; begin += chunk, x += chunk) {
    const int64_t length = count - begin < chunk ? count - begin : chunk;
    for (int64_t i = 0; i < length; ++i)
      errors[i] = bits::magnitude(trial_difference<E>(x[i], scale, inverse, zero, lowest, highest)) * weight;
    if (norm == 2.f)
      for (int64_t i = 0; i < length; ++i) errors[i] *= errors[i];
    else
      for (int64_t i = 0; i < length; ++i) errors[i] = power(errors[i], norm);
    const int64_t whole = length / 16 * 16;
    for (int64_t i = 0; i < whole; i += 16) {
      Eight first, second;
      __builtin_memcpy(&first, errors + i, sizeof first);
      __builtin_memcpy(&second, errors + i + 8, sizeof second);
      low += first;
      high += second;
    }
    if (begin + length < count) continue;
    __builtin_memcpy(sums, &low, sizeof low);
    __builtin_memcpy(sums + 8, &high, sizeof high);
    for (int64_t i = whole; i < length; ++i) sums[i - whole] += errors[i];
  }
  return sum_by_halves(sums);
}

float trial_error(const CodeRule& rule, const float* x, int64_t count, float scale, float zero_point, float weight,
                  float norm) {
  if (count == 0) return 0.f;
  switch (rule.element) {
    case Element::Fp8: return trial_error_of<Element::Fp8>(rule, x, count, scale, zero_point, weight, norm);
    case Element::Fp4: return trial_error_of<Element::Fp4>(rule, x, count, scale, zero_point, weight, norm);
    default: return trial_error_of<Element::Int>(rule, x, count, scale, zero_point, weight, norm);
  }
}

// The scales that put each group's largest weight on 4 compete with the stored ones, by the squared error of the group's
// sixteen values; the order of that sum (halves) is part of the result.
LCR_SCALAR float sum_of_sixteen(const float* errors) {
  Eight low, high;
  __builtin_memcpy(&low, errors, sizeof low);
  __builtin_memcpy(&high, errors + 8, sizeof high);
  low += high;
  const Four sums = __builtin_shufflevector(low, low, 0, 1, 2, 3) + __builtin_shufflevector(low, low, 4, 5, 6, 7);
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

template <Dtype D, Quotient Q>
void group_errors(const typename Stored<D>::Type* __restrict x, int64_t units, const float* __restrict scales,
                  float* __restrict sums) {
  float errors[512];
  for (int64_t u = 0; u < units; ++u) {
    const float scale = scales[u], reciprocal = 1.f / scale;
    for (int64_t i = 0; i < 16; ++i) {
      const float value = Stored<D>::load(x[u * 16 + i]);
      const float error = value - bits::round_e2m1(quotient<Q>(value, scale, reciprocal)) * scale;
      errors[u * 16 + i] = error * error;
    }
  }
  for (int64_t u = 0; u < units; ++u) sums[u] = sum_of_sixteen(errors + u * 16);
}

template <Dtype D>
void errors_of_groups(const typename Stored<D>::Type* x, int64_t units, const float* scales, float* sums) {
#define LCR_ERRORS(q) group_errors<D, q>(x, units, scales, sums)
  LCR_WITH_QUOTIENT(quotient_for(CodeRule{}, D, scales, units), LCR_ERRORS)
#undef LCR_ERRORS
}

template <Dtype D>
void choose_scales(const typename Stored<D>::Type* __restrict x, int64_t units, float global,
                   const uint8_t* __restrict other, uint8_t* __restrict stored) {
  float scales[32], six[32], four[32];
  for (int64_t begin = 0; begin < units; begin += 32, x += 512, other += 32, stored += 32) {
    const int64_t count = units - begin < 32 ? units - begin : 32;
    load_scales(Dtype::F8E4M3, stored, count, global, scales);
    errors_of_groups<D>(x, count, scales, six);
    load_scales(Dtype::F8E4M3, other, count, global, scales);
    errors_of_groups<D>(x, count, scales, four);
    for (int64_t u = 0; u < count; ++u) stored[u] = four[u] < six[u] ? other[u] : stored[u];
  }
}

void four_over_six(const void* x, Dtype dtype, int64_t units, float global, const uint8_t* other, uint8_t* stored) {
  LCR_DISPATCH(dtype, x, choose_scales, units, global, other, stored)
}
