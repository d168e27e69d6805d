#include "backend/algorithms/tensor_codes.h"

#include <ATen/ATen.h>

#include "backend/formats/bits.h"

namespace lcr {
namespace {

// Magnitudes of e2m1 are multiples of 1/2 below 2, of 1 below 4, of 2 up to 6.
at::Tensor step_of(const at::Tensor& magnitude) {
  at::Tensor step = at::full_like(magnitude, 2.f);
  return step.masked_fill_(magnitude < 4, 1.f).masked_fill_(magnitude < 2, 0.5f);
}

}  // namespace

at::Tensor nearest_values(const CodeRule& rule, const at::Tensor& quotients) {
  if (rule.element == Element::Int) return quotients.clamp(rule.lowest, rule.highest).round_();
  if (rule.element == Element::Fp8) {
    return quotients.clamp(-bits::largest_e4m3, bits::largest_e4m3).to(at::kFloat8_e4m3fn).to(at::kFloat);
  }
  at::Tensor clamped = quotients.clamp(-bits::largest_e2m1, bits::largest_e2m1);
  at::Tensor step = step_of(clamped.abs());
  return clamped.div_(step).round_().mul_(step);
}

at::Tensor codes_of_values(const CodeRule& rule, const at::Tensor& values) {
  if (rule.element == Element::Int) return values.to(at::kChar).view(at::kByte);
  if (rule.element == Element::Fp8) return values.to(at::kFloat8_e4m3fn).view(at::kByte);
  at::Tensor magnitude = values.abs(), step = step_of(magnitude);
  // Codes before the range of this step: 0 (below 2), 2 (below 4), 4.
  at::Tensor codes = (magnitude / step).add_(step.log2().add_(1).mul_(2)).to(at::kByte);
  return codes.bitwise_or_(at::signbit(values).to(at::kByte).mul_(8));
}

at::Tensor values_of_codes(const CodeRule& rule, const at::Tensor& codes) {
  if (rule.element == Element::Int) return codes.view(at::kChar).to(at::kFloat);
  if (rule.element == Element::Fp8) return codes.view(at::kFloat8_e4m3fn).to(at::kFloat);
  at::Tensor table = at::empty({16}, at::kFloat);
  for (uint8_t code = 0; code < 16; ++code) table.data_ptr<float>()[code] = bits::from_e2m1(code);
  return table.to(codes.device()).index_select(0, codes.flatten().to(at::kInt)).view(codes.sizes());
}

}  // namespace lcr
