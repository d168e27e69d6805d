#pragma once

// Included by the kernels_*.cpp, inside of the namespace of one instruction set; no other file may include this.
// Quotients are clamped first, then rounded to nearest even.

LCR_SCALAR float clamped(float y, float lowest, float highest) {
  y = y < highest ? y : highest;
  return y > lowest ? y : lowest;
}

struct UnitScale {
  float scale, reciprocal, zero;
};

// The integer, rounded, as round_magic's pattern plus the code. `bias` must be even, or ties would go to the odd codes.
template <bool Zero>
LCR_SCALAR uint32_t biased_integer(float quotient, float zero, const CodeRule& rule, float bias) {
  return bits::of_float(clamped(Zero ? quotient + zero : quotient, rule.lowest, rule.highest) + (bits::round_magic + bias));
}

// Codes of `pairs` pairs of one unit in 32-bit lanes, the second of a pair Shift bits above the first. They are narrowed
// later in a loop of their own, or compilers narrow every operation.
template <Dtype D, Element E, bool Zero, Quotient Q, int Shift>
LCR_SCALAR void encode_pairs(const typename Stored<D>::Type* __restrict x, int64_t pairs, const CodeRule rule,
                             const UnitScale unit, uint32_t* __restrict out) {
  // Signed bytes are made as unsigned ones, so that the first of a pair never borrows from the second.
  const uint32_t flip = E == Element::Int && rule.offset == 0 ? 0x8080u : 0u;
  const float bias = rule.offset == 0 ? 128.f : static_cast<float>(rule.offset);
  for (int64_t i = 0; i < pairs; ++i) {
    typename Stored<D>::Pair pair;
    __builtin_memcpy(&pair, x + 2 * i, sizeof pair);
    const float first = Stored<D>::first(pair), second = Stored<D>::second(pair);
    const float p = quotient<Q>(first, unit.scale, unit.reciprocal), q = quotient<Q>(second, unit.scale, unit.reciprocal);
    if constexpr (E == Element::Fp8)
      out[i] = static_cast<uint32_t>(bits::e4m3_code(p, first) | bits::e4m3_code(q, second) << Shift);
    else if constexpr (E == Element::Fp4)
      out[i] = static_cast<uint32_t>(bits::e2m1_code(p, first) | bits::e2m1_code(q, second) << Shift);
    else
      out[i] = (biased_integer<Zero>(p, unit.zero, rule, bias) + (biased_integer<Zero>(q, unit.zero, rule, bias) << Shift)) ^ flip;
  }
}

template <Dtype D, Element E, bool Zero, Quotient Q, int Shift, int Unit>
void encode_run(const typename Stored<D>::Type* __restrict x, const CodeRule& rule, int64_t units, int64_t run_time_unit,
                const float* __restrict scales, const int8_t* __restrict zero_points, uint8_t* __restrict codes) {
  using Narrow = std::conditional_t<Shift == 4, uint8_t, uint16_t>;
  constexpr int64_t chunk = 256;
  const int64_t unit_pairs = Unit ? Unit / 2 : run_time_unit / 2;
  uint32_t wide[chunk];
  float reciprocals[32];
  int64_t filled = 0;
  for (int64_t u = 0; u < units; ++u) {
    if (u % 32 == 0) {
      const int64_t ahead = units - u < 32 ? units - u : 32;
      for (int64_t i = 0; i < ahead; ++i) reciprocals[i] = 1.f / scales[u + i];
    }
    const UnitScale scale{scales[u], reciprocals[u % 32], Zero ? static_cast<float>(zero_points[u]) : 0.f};
    for (int64_t done = 0; done < unit_pairs;) {
      const int64_t left = unit_pairs - done, room = chunk - filled;
      const int64_t count = Unit ? Unit / 2 : left < room ? left : room;
      encode_pairs<D, E, Zero, Q, Shift>(x, count, rule, scale, wide + filled);
      done += count;
      filled += count;
      x += 2 * count;
      if (filled < chunk && (done < unit_pairs || u + 1 < units)) continue;
      for (int64_t i = 0; i < filled; ++i) {
        const Narrow narrow = static_cast<Narrow>(wide[i]);
        __builtin_memcpy(codes + i * static_cast<int64_t>(sizeof narrow), &narrow, sizeof narrow);
      }
      codes += filled * static_cast<int64_t>(sizeof(Narrow));
      filled = 0;
    }
  }
}

// Units of an odd length, and int1, whose offset is odd: one code after the other, a byte each.
template <Dtype D, Element E, bool Zero>
void encode_singles(const typename Stored<D>::Type* __restrict x, const CodeRule& rule, int64_t units, int64_t unit,
                    const float* __restrict scales, const int8_t* __restrict zero_points, uint8_t* __restrict codes) {
  for (int64_t u = 0; u < units; ++u, x += unit, codes += unit) {
    const float zero = Zero ? static_cast<float>(zero_points[u]) : 0.f;
    for (int64_t i = 0; i < unit; ++i) {
      const float value = Stored<D>::load(x[i]), y = value / scales[u];
      if constexpr (E == Element::Fp8)
        codes[i] = static_cast<uint8_t>(bits::e4m3_code(y, value));
      else
        codes[i] = static_cast<uint8_t>(biased_integer<Zero>(y, zero, rule, 0.f) + static_cast<uint32_t>(rule.offset));
    }
  }
}

template <Dtype D, Element E, bool Zero, int Shift, int Unit>
void encode_even(const typename Stored<D>::Type* x, const CodeRule& rule, int64_t units, int64_t unit, const float* scales,
                 const int8_t* zero_points, uint8_t* codes) {
#define LCR_ENCODE(q) encode_run<D, E, Zero, q, Shift, Unit>(x, rule, units, unit, scales, zero_points, codes)
  LCR_WITH_QUOTIENT(quotient_for(rule, D, scales, units), LCR_ENCODE)
#undef LCR_ENCODE
}

template <Dtype D>
void encode_bytes_of(const typename Stored<D>::Type* x, const CodeRule& rule, int64_t units, int64_t unit,
                     const float* scales, const int8_t* zeros, uint8_t* codes) {
  const bool odd = unit % 2 != 0 || rule.offset % 2 != 0;
  if (rule.element == Element::Fp8) {
    if (odd) return encode_singles<D, Element::Fp8, false>(x, rule, units, unit, scales, zeros, codes);
    if (unit == 32) return encode_even<D, Element::Fp8, false, 8, 32>(x, rule, units, unit, scales, zeros, codes);
    return encode_even<D, Element::Fp8, false, 8, 0>(x, rule, units, unit, scales, zeros, codes);
  }
  if (zeros) {
    if (odd) return encode_singles<D, Element::Int, true>(x, rule, units, unit, scales, zeros, codes);
    return encode_even<D, Element::Int, true, 8, 0>(x, rule, units, unit, scales, zeros, codes);
  }
  if (odd) return encode_singles<D, Element::Int, false>(x, rule, units, unit, scales, zeros, codes);
  return encode_even<D, Element::Int, false, 8, 0>(x, rule, units, unit, scales, zeros, codes);
}

template <Dtype D>
void encode_nibbles_of(const typename Stored<D>::Type* x, const CodeRule& rule, int64_t units, int64_t unit,
                       const float* scales, const int8_t* zeros, uint8_t* codes) {
  if (rule.element == Element::Fp4) {
    if (unit == 16) return encode_even<D, Element::Fp4, false, 4, 16>(x, rule, units, unit, scales, zeros, codes);
    return encode_even<D, Element::Fp4, false, 4, 0>(x, rule, units, unit, scales, zeros, codes);
  }
  if (zeros) return encode_even<D, Element::Int, true, 4, 0>(x, rule, units, unit, scales, zeros, codes);
  return encode_even<D, Element::Int, false, 4, 0>(x, rule, units, unit, scales, zeros, codes);
}

void encode(const CodeRule& rule, const void* x, Dtype dtype, int64_t units, int64_t unit, const float* scales,
            const int8_t* zero_points, uint8_t* codes) {
  LCR_DISPATCH(dtype, x, encode_bytes_of, rule, units, unit, scales, zero_points, codes)
}

void encode_nibbles(const CodeRule& rule, const void* x, Dtype dtype, int64_t units, int64_t unit, const float* scales,
                    const int8_t* zero_points, uint8_t* codes) {
  LCR_DISPATCH(dtype, x, encode_nibbles_of, rule, units, unit, scales, zero_points, codes)
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
