#pragma once

// Included by the kernels_*.cpp, inside of the namespace of one instruction set; no other file may include this.
// Division, not a product with the reciprocal: ties decide codes. Clamped first, then rounded to nearest even.

LCR_SCALAR float clamped(float y, float lowest, float highest) {
  y = y < highest ? y : highest;
  return y > lowest ? y : lowest;
}

// Codes of one unit in 32-bit lanes; narrowed later in a loop of their own, or compilers narrow every operation.
template <Dtype D, Element E, bool Zero>
LCR_SCALAR void encode_unit(const typename Stored<D>::Type* __restrict x, int64_t count, const CodeRule& rule, float scale,
                            float zero, int32_t* __restrict out) {
  const float lowest = rule.lowest, highest = rule.highest;
  const int32_t offset = rule.offset;
  for (int64_t i = 0; i < count; ++i) {
    const float y = Stored<D>::load(x[i]) / scale;
    if constexpr (E == Element::Fp8)
      out[i] = bits::e4m3_code(y);
    else if constexpr (E == Element::Fp4)
      out[i] = bits::e2m1_code(y);
    else  // the low byte of the sum's pattern is the integer in two's complement
      out[i] = static_cast<int32_t>(
                   bits::of_float(clamped(Zero ? y + zero : y, lowest, highest) + bits::round_magic)) + offset;
  }
}

template <Dtype D, Element E, bool Zero, int Unit>
void encode_run(const typename Stored<D>::Type* __restrict x, const CodeRule& rule, int64_t units, int64_t run_time_unit,
                const float* __restrict scales, const int8_t* __restrict zero_points, uint8_t* __restrict codes) {
  constexpr int64_t chunk = 512;
  const int64_t unit = Unit ? Unit : run_time_unit;
  int32_t wide[chunk];
  int64_t filled = 0;
  for (int64_t u = 0; u < units; ++u) {
    const float zero = Zero ? static_cast<float>(zero_points[u]) : 0.f;
    for (int64_t done = 0; done < unit;) {
      const int64_t left = unit - done, room = chunk - filled;
      const int64_t count = Unit ? Unit : left < room ? left : room;
      encode_unit<D, E, Zero>(x, count, rule, scales[u], zero, wide + filled);
      done += count;
      filled += count;
      x += count;
      if (filled < chunk && (done < unit || u + 1 < units)) continue;
      for (int64_t i = 0; i < filled; ++i) codes[i] = static_cast<uint8_t>(wide[i]);
      codes += filled;
      filled = 0;
    }
  }
}

template <Dtype D, int Unit>
void encode_units(const typename Stored<D>::Type* x, const CodeRule& rule, int64_t units, int64_t unit, const float* scales,
                  const int8_t* zero_points, uint8_t* codes) {
  if (rule.element == Element::Fp8)
    return encode_run<D, Element::Fp8, false, Unit>(x, rule, units, unit, scales, nullptr, codes);
  if (rule.element == Element::Fp4)
    return encode_run<D, Element::Fp4, false, Unit>(x, rule, units, unit, scales, nullptr, codes);
  if (zero_points) return encode_run<D, Element::Int, true, Unit>(x, rule, units, unit, scales, zero_points, codes);
  return encode_run<D, Element::Int, false, Unit>(x, rule, units, unit, scales, nullptr, codes);
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
