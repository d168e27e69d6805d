#include "backend/forward/fake_quantize.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

bool is_mx(const Format& format) { return format.scale == ScaleType::E8M0; }

// Nearest e2m1, ties to even: below 2 the step is 1/2, below 4 it is 1, then 2.
at::Tensor round_e2m1(const at::Tensor& y) {
  at::Tensor magnitude = y.abs();
  at::Tensor step = at::where(magnitude < 2, 0.5, at::where(magnitude < 4, 1.0, 2.0)).to(at::kFloat);
  return at::round(y / step) * step;
}

at::Tensor rounded(const at::Tensor& y, const Format& format) {
  at::Tensor clamped = at::clamp(y, smallest(format), largest(format));
  if (format.element == Element::Int) return at::round(clamped);
  return format.element == Element::Fp4 ? round_e2m1(clamped)
                                        : clamped.to(at::kFloat8_e4m3fn).to(at::kFloat);
}

// The nearest power of two, up from 1.75: the exponent after adding a quarter of the mantissa's range.
at::Tensor power_of_two(const at::Tensor& a) {
  at::Tensor bits = a.contiguous().view(at::kInt) + (1 << 21);
  return bits.bitwise_and(0x7F800000).view(at::kFloat);
}

struct Parameters {
  at::Tensor scale, zero_point;
};

// Scale and zero point for what lies between low and high.
Parameters parameters(at::Tensor low, at::Tensor high, const Format& format, const at::Tensor& global) {
  low = at::clamp_max(low, 0), high = at::clamp_min(high, 0);
  double range = largest(format) - smallest(format);
  at::Tensor scale, zero_point;
  if (!format.symmetric) {
    scale = (high - low) / range;
    zero_point = at::round(at::clamp(smallest(format) - low / scale, smallest(format), largest(format)));
  } else if (is_mx(format)) {
    int offset = format.element == Element::Fp4 ? 2 : 8;
    at::Tensor byte = 127 + at::floor(at::log2(power_of_two(at::maximum(-low, high)))) - offset;
    scale = at::exp2(at::clamp(byte, 0, 255) - 127);
  } else {
    scale = at::maximum(-low, high) / (range / 2);
  }
  if (global.defined()) scale = scale * global;
  double least = std::pow(2.0, -23);
  if (format.scale == ScaleType::E4M3) {
    scale = at::clamp(scale, -448, 448).to(at::kFloat8_e4m3fn).to(at::kFloat);
    least = 0.125;
  }
  scale = at::where(scale == 0, least, scale).to(at::kFloat);
  if (zero_point.defined()) zero_point = at::nan_to_num(zero_point, smallest(format));
  return {scale, zero_point};
}

// Smallest and largest value under every scale, shaped to broadcast against x.
std::tuple<at::Tensor, at::Tensor> bounds(const at::Tensor& x, const Format& format) {
  if (format.per == Per::Tensor) return at::aminmax(x);
  if (format.per == Per::Head) return {x.amin({0, 2}, true), x.amax({0, 2}, true)};
  return {x.amin(-1, true), x.amax(-1, true)};
}

at::Tensor quantized(const at::Tensor& x, const Format& format, Parameters p, const at::Tensor& global) {
  if (global.defined()) p.scale = p.scale / global;
  at::Tensor y = x / p.scale;
  if (p.zero_point.defined()) y = y + p.zero_point;
  at::Tensor q = rounded(y, format);
  if (p.zero_point.defined()) q = q - p.zero_point;
  return q * p.scale;
}

// The stored scales of the groups reach their largest where x is largest.
at::Tensor global_of(const at::Tensor& x, const Format& format) {
  return 448 * largest(format) / x.abs().amax().clamp_min(1e-30);
}

at::Tensor straight_through(const at::Tensor& x, const Format& format, const ActivationScales& scales) {
  at::Tensor difference;
  {
    at::AutoGradMode constant(false);
    difference = fake_quantize(x, format, scales) - x;
  }
  return x + difference;
}

}  // namespace

at::Tensor fake_quantize(const at::Tensor& x, const Format& format, const ActivationScales& scales) {
  if (x.numel() == 0) return x;
  if (at::GradMode::is_enabled() && x.requires_grad()) return straight_through(x, format, scales);
  auto stored = [&](const at::Tensor& scale) { return scale.defined() ? scale.to(x.device(), at::kFloat) : scale; };
  const bool heads = format.per == Per::Head;
  at::Tensor h = x.to(at::kFloat), global = stored(scales.global_scale);
  if (!heads) h = h.flatten(1);
  if (format.per == Per::Group) h = h.unflatten(-1, {-1, format.group});
  // One a head stands as [heads, 1, 1] before the tokens in the file, and behind them here.
  auto placed = [&](at::Tensor scale) { return heads && scale.defined() ? scale.reshape({1, -1, 1}) : scale; };
  if (format.global && !global.defined()) global = global_of(h, format);
  Parameters p{placed(stored(scales.scale)), placed(stored(scales.zero_point))};
  if (format.dynamic) {
    auto [low, high] = bounds(h, format);
    p = parameters(low, high, format, global);
  }
  return quantized(h, format, p, global).reshape(x.sizes()).to(x.scalar_type());
}

}  // namespace lcr
