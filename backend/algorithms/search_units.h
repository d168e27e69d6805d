#pragma once

#include <ATen/core/Tensor.h>

#include "backend/algorithms/tensor_scales.h"

namespace lcr {

// Scales of a whole weight [out, in] by tensor operations. Where the quantizer has shrinks, every unit takes the one with
// the least sum of importance * |error|^norm (importance [in], undefined: 1), the widest among equals, and a search ends
// after `patience` shrinks without a gain.
UnitScales search_units(const Quantizer& quantizer, const at::Tensor& weight, const at::Tensor& importance, float global);

}  // namespace lcr
