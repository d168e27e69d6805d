#pragma once

// Included by the kernels_*.cpp, inside of the namespace of one instruction set; no other file may include this.
// Scales as compressed-tensors computes them from a range, in fp32 and rounded to what is stored. Where the result is
// zero, the machine epsilon of the stored dtype stands in, so that nothing divides by zero.

LCR_SCALAR float saturate(float x, float largest) { return x < largest ? x : largest; }

LCR_SCALAR void store_scale(float s, uint16_t* out, bool half) {
  if (half) {
    s = bits::round_f16(saturate(s, bits::largest_f16));
    *out = bits::to_f16(s == 0.f ? 0x1p-10f : s);
  } else {
    s = bits::round_bf16(saturate(s, bits::largest_bf16));
    *out = bits::to_bf16(s == 0.f ? 0x1p-7f : s);
  }
}

LCR_SCALAR float nonzero_f32(float s) {
  s = saturate(s, 0x1.fffffep127f);
  return s == 0.f ? 0x1p-23f : s;
}

// The byte of a group's shared exponent; a zero group takes byte 0.
LCR_SCALAR uint8_t exponent_byte(float absmax, int shift, uint32_t carry) {
  const int field = static_cast<int>((bits::of_float(absmax) + carry) >> 23) - shift;
  return static_cast<uint8_t>(field > 0 ? field : 0);
}

void symmetric_scales(const ScaleRule& rule, const float* __restrict absmax, int64_t count, void* stored) {
  const float divisor = rule.divisor, global = rule.global;
  if (rule.stored == Dtype::BF16) {
    uint16_t* __restrict out = static_cast<uint16_t*>(stored);
    for (int64_t i = 0; i < count; ++i) store_scale(absmax[i] / divisor, out + i, false);
  } else if (rule.stored == Dtype::F16) {
    uint16_t* __restrict out = static_cast<uint16_t*>(stored);
    for (int64_t i = 0; i < count; ++i) store_scale(absmax[i] / divisor, out + i, true);
  } else if (rule.stored == Dtype::F32) {
    float* __restrict out = static_cast<float*>(stored);
    for (int64_t i = 0; i < count; ++i) out[i] = nonzero_f32(absmax[i] / divisor);
  } else if (rule.stored == Dtype::F8E4M3) {
    uint8_t* __restrict out = static_cast<uint8_t*>(stored);
    for (int64_t i = 0; i < count; ++i) {
      const uint8_t code = bits::to_e4m3(absmax[i] / divisor * global);
      out[i] = code == 0 ? 0x20 : code;  // 0.125
    }
  } else {
    uint8_t* __restrict out = static_cast<uint8_t*>(stored);
    for (int64_t i = 0; i < count; ++i) out[i] = exponent_byte(absmax[i], rule.exponent_shift, rule.exponent_carry);
  }
}

void load_scales(Dtype stored, const void* scales, int64_t count, float global, float* __restrict out) {
  if (stored == Dtype::BF16) {
    const uint16_t* __restrict in = static_cast<const uint16_t*>(scales);
    for (int64_t i = 0; i < count; ++i) out[i] = bits::from_bf16(in[i]) / global;
  } else if (stored == Dtype::F16) {
    const uint16_t* __restrict in = static_cast<const uint16_t*>(scales);
    for (int64_t i = 0; i < count; ++i) out[i] = bits::from_f16(in[i]) / global;
  } else if (stored == Dtype::F32) {
    const float* __restrict in = static_cast<const float*>(scales);
    for (int64_t i = 0; i < count; ++i) out[i] = in[i] / global;
  } else if (stored == Dtype::F8E4M3) {
    const uint8_t* __restrict in = static_cast<const uint8_t*>(scales);
    for (int64_t i = 0; i < count; ++i) out[i] = bits::from_e4m3(in[i]) / global;
  } else {
    const uint8_t* __restrict in = static_cast<const uint8_t*>(scales);
    for (int64_t i = 0; i < count; ++i) out[i] = bits::from_e8m0(in[i]);
  }
}

// The zero point is computed with the scale as stored, so that zero decodes to exactly zero and an all-zero unit has
// codes and zero point at the lowest.
void asymmetric_scales(const ScaleRule& rule, const float* __restrict low, const float* __restrict high, int64_t count,
                       void* stored, int8_t* __restrict zero_points) {
  constexpr int64_t chunk = 256;
  float widths[chunk], scales[chunk];
  const float lowest = rule.lowest, highest = rule.highest;
  ScaleRule width = rule;
  width.divisor = highest - lowest;
  const int64_t size = rule.stored == Dtype::F32 ? 4 : 2;
  for (int64_t begin = 0; begin < count; begin += chunk) {
    const int64_t length = count - begin < chunk ? count - begin : chunk;
    for (int64_t i = 0; i < length; ++i) widths[i] = high[begin + i] - low[begin + i];
    char* at = static_cast<char*>(stored) + begin * size;
    symmetric_scales(width, widths, length, at);
    load_scales(rule.stored, at, length, 1.f, scales);
    for (int64_t i = 0; i < length; ++i) {
      float zero = lowest - low[begin + i] / scales[i];
      zero = zero < highest ? zero : highest;
      zero = zero > lowest ? zero : lowest;
      zero_points[begin + i] = static_cast<int8_t>(bits::nearest_integer(zero));
    }
  }
}
