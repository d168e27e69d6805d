#include "backend/algorithms/tensor_scales.h"

#include <ATen/ATen.h>

#include "backend/formats/bits.h"

namespace lcr {
namespace {

// Exponents as fp32: 2^(field - 127), where field 0 stands for 2^-127.
at::Tensor power_of_field(const at::Tensor& field) {
  at::Tensor pattern = at::bitwise_left_shift(field, 23);
  return pattern.masked_fill_(field == 0, 0x00400000).view(at::kFloat);
}

at::Tensor powers(const ScaleRule& rule, const at::Tensor& magnitude) {
  // abs: zero may come as -0.
  at::Tensor pattern = magnitude.abs().contiguous().view(at::kInt) + static_cast<int64_t>(rule.exponent_carry);
  return power_of_field(at::bitwise_right_shift(pattern, 23).sub_(rule.exponent_shift).clamp_min_(0));
}

struct Storage {
  double largest, instead_of_zero;
};
Storage storage_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::BF16: return {bits::largest_bf16, 0x1p-7};
    case Dtype::F16: return {bits::largest_f16, 0x1p-10};
    case Dtype::F8E4M3: return {bits::largest_e4m3, 0.125};
    default: return {0x1.fffffep127, 0x1p-23};
  }
}

}  // namespace

at::Tensor divided(const at::Tensor& numbers, float divisor) {
  return numbers / at::full({}, divisor, numbers.options());
}

at::Tensor nearest_stored(Dtype dtype, const at::Tensor& scale) {
  switch (dtype) {
    case Dtype::BF16: return scale.to(at::kBFloat16).to(at::kFloat);
    case Dtype::F16: return scale.to(at::kHalf).to(at::kFloat);
    case Dtype::F8E4M3: return scale.clamp(0, bits::largest_e4m3).to(at::kFloat8_e4m3fn).to(at::kFloat);
    case Dtype::U8:
    case Dtype::F8E8M0: {
      // Nearest of two powers by their value: up from the middle, 1.5.
      at::Tensor pattern = scale.clamp_min(0).contiguous().view(at::kInt) + 0x400000;
      return power_of_field(at::bitwise_right_shift(pattern, 23).clamp_max_(254));
    }
    default: return scale;
  }
}

at::Tensor stored_scales(const ScaleRule& rule, const at::Tensor& magnitude) {
  if (rule.stored == Dtype::U8 || rule.stored == Dtype::F8E8M0) return powers(rule, magnitude);
  Storage storage = storage_of(rule.stored);
  at::Tensor scale = divided(magnitude, rule.divisor);
  if (rule.stored == Dtype::F8E4M3) scale.mul_(rule.global);
  scale = nearest_stored(rule.stored, scale.clamp_max_(storage.largest)).clone();
  return scale.masked_fill_(scale == 0, storage.instead_of_zero);
}

at::Tensor magnitude_of(const Codec& codec, const at::Tensor& low, const at::Tensor& high) {
  bool negative_only = codec.element == Element::Int && codec.symmetric && codec.bits == 1;
  return negative_only ? low.neg() : at::maximum(low.neg(), high);
}

UnitScales scales_between(const Quantizer& quantizer, const at::Tensor& low, const at::Tensor& high, float global) {
  const Codec& codec = quantizer.codec;
  ScaleRule rule = quantizer.scales;
  rule.global = global;
  UnitScales result;
  if (codec.symmetric) {
    result.stored = stored_scales(rule, magnitude_of(codec, low, high));
  } else {
    rule.divisor = rule.highest - rule.lowest;
    result.stored = stored_scales(rule, high - low);
    result.zero = (rule.lowest - low / result.stored).clamp_(rule.lowest, rule.highest).round_();
  }
  result.scale = codec.global ? divided(result.stored, global) : result.stored;
  return result;
}

}  // namespace lcr
