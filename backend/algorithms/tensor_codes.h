#pragma once

#include <ATen/core/Tensor.h>

#include "backend/formats/kernels.h"

// Codes by tensor operations, for devices without the formats room's kernels: the same numbers to the bit.
namespace lcr {

// The value of the code nearest to each quotient (zero point added): integers, or numbers of e4m3 and e2m1.
at::Tensor nearest_values(const CodeRule& rule, const at::Tensor& quotients);

// uint8 codes of values that nearest_values() gave, and back.
at::Tensor codes_of_values(const CodeRule& rule, const at::Tensor& values);
at::Tensor values_of_codes(const CodeRule& rule, const at::Tensor& codes);

}  // namespace lcr
