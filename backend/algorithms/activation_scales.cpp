#include "backend/algorithms/activation_scales.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

at::ScalarType stored_dtype(ScaleType type, at::ScalarType native) {
  switch (type) {
    case ScaleType::Model: return native;
    case ScaleType::F32: return at::kFloat;
    case ScaleType::BF16: return at::kBFloat16;
    case ScaleType::F16: return at::kHalf;
    case ScaleType::E4M3: return at::kFloat8_e4m3fn;
    case ScaleType::E8M0: break;
  }
  LCR_CHECK(false, "powers of two are scales at run time");
}

// What a scale of zero becomes.
double epsilon(at::ScalarType dtype) {
  switch (dtype) {
    case at::kFloat8_e4m3fn: return 0.125;
    case at::kBFloat16: return 0x1p-7;
    case at::kHalf: return 0x1p-10;
    default: return 0x1p-23;
  }
}

at::Tensor as_stored(at::Tensor scale, at::ScalarType dtype) {
  if (dtype == at::kFloat8_e4m3fn) scale = at::clamp(scale, -448, 448);
  at::Tensor stored = scale.to(dtype).to(at::kFloat);
  return at::where(stored == 0, at::full({}, epsilon(dtype), at::kFloat), stored).to(dtype);
}

// Σ count |rounded - value|^norm of every unit, f64 [units].
at::Tensor errors_of(const UnitRanges& range, const at::Tensor& values, const at::Tensor& counts, double norm,
                     Format format, at::ScalarType native) {
  ActivationScales scales = scales_of_range(range, format, native);
  auto column = [](const at::Tensor& x) { return x.defined() ? x.to(at::kFloat).unsqueeze(1) : x; };
  format.per = Per::Tensor;
  at::Tensor all = values.unsqueeze(0).expand({counts.size(0), -1});
  at::Tensor rounded = fake_quantize(all, format, {column(scales.scale), column(scales.zero_point), {}});
  return ((rounded - all).abs_().to(at::kDouble).pow_(norm) * counts).sum(1);
}

}  // namespace

ActivationScales scales_of_range(const UnitRanges& range, const Format& format, at::ScalarType native) {
  at::Tensor low = at::clamp_max(range.low, 0).to(native), high = at::clamp_min(range.high, 0).to(native);
  double steps = largest(format) - smallest(format);
  ActivationScales result;
  at::Tensor scale;
  if (format.symmetric) {
    scale = at::maximum(-low, high) / (steps / 2);
  } else {
    scale = (high - low) / steps;
    at::Tensor zero = at::clamp(smallest(format) - low / scale, smallest(format), largest(format));
    result.zero_point = at::nan_to_num(at::round(zero), smallest(format)).to(at::kChar);
  }
  result.scale = as_stored(scale, stored_dtype(format.scale, native));
  return result;
}

at::Tensor activation_global_scale(double absmax) {
  float scale = static_cast<float>(2688.0 / absmax);
  return at::full({1}, std::isfinite(scale) ? scale : 1.f, at::kFloat);
}

at::Tensor values_of(at::ScalarType sixteen_bits) {
  at::Tensor all = at::arange(65536, at::kInt).to(at::kShort).view(sixteen_bits).to(at::kFloat);
  return at::nan_to_num(all, 0, 0, 0);
}

UnitRanges least_error_range(const UnitRanges& seen, const at::Tensor& counts, at::ScalarType counted,
                             const Observer& mse, const Format& format, at::ScalarType native) {
  double from = mse.parameters.at("from"), to = mse.parameters.at("to"), norm = mse.parameters.at("norm");
  int64_t grid = std::llround(mse.parameters.at("grid")), patience = std::llround(mse.parameters.at("patience"));
  at::Tensor values = values_of(counted);
  at::Tensor least = at::full_like(seen.low, std::numeric_limits<double>::infinity());
  at::Tensor waited = at::zeros_like(seen.low), shrink = at::full_like(seen.low, from);
  for (int64_t i = 0; i < grid; ++i) {
    double candidate = from + (to - from) * static_cast<double>(i) / static_cast<double>(grid - 1);
    at::Tensor error = errors_of({seen.low * candidate, seen.high * candidate}, values, counts, norm, format, native);
    // A unit that has waited its patience out looks no further.
    at::Tensor better = (error < least).logical_and_(waited < patience);
    least = at::where(better, error, least);
    shrink.masked_fill_(better, candidate);
    waited = at::where(better, at::zeros_like(waited), waited + 1);
    if ((waited >= patience).all().item<bool>()) break;
  }
  return {seen.low * shrink, seen.high * shrink};
}

}  // namespace lcr
