#pragma once

// Included by the kernels_*.cpp, inside of the namespace of one instruction set; no other file may include this.
// Division, not a product with the reciprocal: ties decide codes. Clamped first, then rounded to nearest even.

LCR_SCALAR float clamped(float y, float lowest, float highest) {
  y = y < highest ? y : highest;
  return y > lowest ? y : lowest;
}

template <Dtype D, int Unit, bool Zero>
void encode_integers(const typename Stored<D>::Type* __restrict x, const CodeRule& rule, int64_t units, int64_t run_time_unit,
                     const float* __restrict scales, const int8_t* __restrict zero_points, uint8_t* __restrict codes) {
  const int64_t unit = Unit ? Unit : run_time_unit;
  const float lowest = rule.lowest, highest = rule.highest;
  const uint32_t offset = static_cast<uint32_t>(rule.offset);
  for (int64_t u = 0; u < units; ++u, x += unit, codes += unit) {
    const float scale = scales[u];
    const float zero = Zero ? static_cast<float>(zero_points[u]) : 0.f;
    for (int64_t i = 0; i < unit; ++i) {
      float y = Stored<D>::load(x[i]) / scale;
      if constexpr (Zero) y += zero;
      // The low byte of the sum's pattern is the integer in two's complement.
      codes[i] = static_cast<uint8_t>(bits::of_float(clamped(y, lowest, highest) + bits::round_magic) + offset);
    }
  }
}

template <Dtype D, int Unit, Element E>
void encode_floats(const typename Stored<D>::Type* __restrict x, int64_t units, int64_t run_time_unit,
                   const float* __restrict scales, uint8_t* __restrict codes) {
  const int64_t unit = Unit ? Unit : run_time_unit;
  for (int64_t u = 0; u < units; ++u, x += unit, codes += unit) {
    const float scale = scales[u];
    for (int64_t i = 0; i < unit; ++i) {
      const float y = Stored<D>::load(x[i]) / scale;
      codes[i] = E == Element::Fp8 ? bits::to_e4m3(y) : bits::to_e2m1(y);
    }
  }
}

template <Dtype D, int Unit>
void encode_units(const typename Stored<D>::Type* x, const CodeRule& rule, int64_t units, int64_t unit, const float* scales,
                  const int8_t* zero_points, uint8_t* codes) {
  if (rule.element == Element::Fp8) return encode_floats<D, Unit, Element::Fp8>(x, units, unit, scales, codes);
  if (rule.element == Element::Fp4) return encode_floats<D, Unit, Element::Fp4>(x, units, unit, scales, codes);
  if (zero_points) return encode_integers<D, Unit, true>(x, rule, units, unit, scales, zero_points, codes);
  return encode_integers<D, Unit, false>(x, rule, units, unit, scales, nullptr, codes);
}

template <Dtype D>
void encode_rows_of(const typename Stored<D>::Type* x, const CodeRule& rule, int64_t units, int64_t unit,
                    const float* scales, const int8_t* zero_points, uint8_t* codes) {
  switch (unit) {
    case 16: return encode_units<D, 16>(x, rule, units, unit, scales, zero_points, codes);
    case 32: return encode_units<D, 32>(x, rule, units, unit, scales, zero_points, codes);
    default: return encode_units<D, 0>(x, rule, units, unit, scales, zero_points, codes);
  }
}

void encode(const CodeRule& rule, const void* x, Dtype dtype, int64_t units, int64_t unit, const float* scales,
            const int8_t* zero_points, uint8_t* codes) {
  LCR_DISPATCH(dtype, x, encode_rows_of, rule, units, unit, scales, zero_points, codes)
}

// (q - zero) * scale: the integer part is exact, so that there is one rounding.
void decode(const CodeRule& rule, const uint8_t* __restrict codes, int64_t units, int64_t unit,
            const float* __restrict scales, const int8_t* __restrict zero_points, float* __restrict out) {
  for (int64_t u = 0; u < units; ++u, codes += unit, out += unit) {
    const float scale = scales[u];
    if (rule.element == Element::Fp8) {
      for (int64_t i = 0; i < unit; ++i) out[i] = bits::from_e4m3(codes[i]) * scale;
    } else if (rule.element == Element::Fp4) {
      for (int64_t i = 0; i < unit; ++i) out[i] = bits::from_e2m1(codes[i]) * scale;
    } else if (rule.offset != 0) {
      const int32_t shift = rule.offset + (zero_points ? zero_points[u] : 0);
      for (int64_t i = 0; i < unit; ++i) out[i] = static_cast<float>(static_cast<int32_t>(codes[i]) - shift) * scale;
    } else {
      const int32_t shift = zero_points ? zero_points[u] : 0;
      for (int64_t i = 0; i < unit; ++i)
        out[i] = static_cast<float>(static_cast<int32_t>(static_cast<int8_t>(codes[i])) - shift) * scale;
    }
  }
}
