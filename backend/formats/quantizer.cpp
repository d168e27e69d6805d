#include <cmath>
#include <limits>

#include "backend/formats/bits.h"
#include "backend/formats/quantize.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// Half of the code range, also where the range is not symmetric: 7.5 for int4. A symmetric int1 has the codes -1 and 0
// alone; half of its range would round every weight to 0, so that its scale is the lowest weight's magnitude.
float divisor_of(const Codec& codec) {
  if (codec.element == Element::Fp8) return bits::largest_e4m3;
  if (codec.element == Element::Fp4) return bits::largest_e2m1;
  if (codec.bits == 1) return 1.f;
  return static_cast<float>(codec.highest() - codec.lowest()) / 2.f;
}

// floor: the power of two at or below the range, over that of the largest code (OCP MX). nearest: rounds up from 1.75 on,
// as compressed-tensors does. ceil: the smallest power of two at which nothing saturates (6 is 1.5 * 4, 448 is 1.75 * 256).
uint32_t exponent_carry(const Codec& codec, const std::string& exponent) {
  if (exponent == "floor") return 0;
  if (exponent == "nearest") return 0x200000u;
  return codec.element == Element::Fp4 ? 0x3FFFFFu : 0x1FFFFFu;
}

float parameter(const Observer& observer, const char* name, double otherwise) {
  const auto found = observer.parameters.find(name);
  return static_cast<float>(found == observer.parameters.end() ? otherwise : found->second);
}

// Evenly from `from` to `to`, both included.
std::vector<float> shrinks_of(const Observer& observer) {
  const float from = parameter(observer, "from", 1.0), to = parameter(observer, "to", 0.81);
  const int grid = static_cast<int>(parameter(observer, "grid", 20));
  std::vector<float> shrinks;
  for (int i = 0; i < grid; ++i)
    shrinks.push_back(grid == 1 ? from : from - (from - to) * static_cast<float>(i) / static_cast<float>(grid - 1));
  return shrinks;
}

}  // namespace

bool is_data_free(const Observer& observer) {
  return observer.name == "minmax" || observer.name == "mse" || observer.name == "four_over_six";
}

CodeRule code_rule(const Codec& codec) {
  CodeRule rule;
  rule.element = codec.element;
  rule.power_scales = codec.scale == Dtype::U8 || codec.scale == Dtype::F8E8M0;
  rule.short_scales = !codec.global && codec.scale != Dtype::F32;
  if (codec.element != Element::Int) return rule;
  rule.lowest = static_cast<float>(codec.lowest());
  rule.highest = static_cast<float>(codec.highest());
  rule.offset = codec.layout == CodeLayout::Words ? -codec.lowest() : 0;
  return rule;
}

Quantizer make_quantizer(const Precision& precision, const Observer& observer, int64_t out, int64_t in, Dtype model) {
  LCR_CHECK(is_data_free(observer), "an observer that needs data reached the data-free quantizer");
  Quantizer quantizer;
  quantizer.codec = codec_of(precision, out, in, model);
  quantizer.observer = observer;
  const Codec& codec = quantizer.codec;
  quantizer.codes = code_rule(codec);
  quantizer.scales.stored = codec.scale;
  quantizer.scales.divisor = divisor_of(codec);
  quantizer.scales.exponent_shift = codec.element == Element::Fp4 ? 2 : 8;
  quantizer.scales.exponent_carry = exponent_carry(codec, observer.exponent);
  quantizer.scales.lowest = quantizer.codes.lowest;
  quantizer.scales.highest = quantizer.codes.highest;
  if (observer.name == "mse") {
    quantizer.shrinks = shrinks_of(observer);
    quantizer.norm = parameter(observer, "norm", 2.4);
    quantizer.patience = static_cast<int>(parameter(observer, "patience", 5));
  }
  return quantizer;
}

double ErrorSums::relative() const { return signal > 0 ? std::sqrt(error / signal) : 0; }

double ErrorSums::decibels() const {
  return error > 0 ? 10 * std::log10(signal / error) : std::numeric_limits<double>::infinity();
}

}  // namespace lcr
