#pragma once

#include <ATen/core/Tensor.h>

#include "backend/algorithms/activation_observer.h"

namespace lcr {

// Scales and zero points for ranges [units] as compressed-tensors' calculate_qparams has them: each step rounded to the
// model's dtype `native`, the scale then to the format's, exact zeros replaced by its epsilon.
ActivationScales scales_of_range(const UnitRanges& range, const Format& format, at::ScalarType native);

// 2688 / absmax (448 * 6), f32 [1]: what brings the largest group scale to e4m3's end. 1 where that is not finite.
at::Tensor activation_global_scale(double absmax);

// The 65,536 values of a 16-bit float dtype by bit pattern, f32; those that are not finite are 0.
at::Tensor values_of(at::ScalarType sixteen_bits);

// Of the range's shrinks from..to the one with the least Σ count |rounded - value|^norm, by unit; of equal ones the
// widest. counts i64 [units, 65536] of the values of `counted`. Parameters: those of the observer mse.
UnitRanges least_error_range(const UnitRanges& seen, const at::Tensor& counts, at::ScalarType counted,
                             const Observer& mse, const Format& format, at::ScalarType native);

}  // namespace lcr
