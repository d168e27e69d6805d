#pragma once

#include "backend/algorithms/gptq.h"

namespace lcr {

// Scales once more after rounding, codes fixed: unit by unit the closed form (c H t^T) / (c H c^T) over what the other
// units leave, c the codes less their zero points, rounded to what can be stored; taken where the error falls. Changes
// solved.grid, decoded and error. target [out, in] is what the decoded weight stands for, second its undamped H.
void refit_scales(Solved& solved, const at::Tensor& target, const at::Tensor& second);

}  // namespace lcr
