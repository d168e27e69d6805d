#pragma once

#include <ATen/core/Tensor.h>

#include "backend/formats/quantize.h"

// Scales by tensor operations, with the arithmetic of the formats room to the bit.
namespace lcr {

// Correctly rounded quotients: devices multiply by the reciprocal where the divisor is a plain number.
at::Tensor divided(const at::Tensor& numbers, float divisor);

struct UnitScales {
  at::Tensor scale, stored, zero;  // as in Grid
};

// From ranges that include zero; low counts where zero points or a lone negative side do (asymmetric, int1).
UnitScales scales_between(const Quantizer& quantizer, const at::Tensor& low, const at::Tensor& high, float global);

// From magnitudes: the stored scales, never zero. The divisor is that of the rule.
at::Tensor stored_scales(const ScaleRule& rule, const at::Tensor& magnitude);

// What the range of a unit counts as where it is symmetric.
at::Tensor magnitude_of(const Codec& codec, const at::Tensor& low, const at::Tensor& high);

// The nearest scale that can be stored, as its value; it may be zero or infinite.
at::Tensor nearest_stored(Dtype dtype, const at::Tensor& scale);

}  // namespace lcr
