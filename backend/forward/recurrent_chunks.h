#pragma once

#include "backend/forward/sequences.h"
#include "backend/forward/tensor.h"

namespace lcr::forward {

// A recurrence with a state S [dk, dv] of every head and sequence, by operations that can be differentiated:
// S := e^decay S + k uᵀ, y = Sᵀq, where u = v, or with `beta` u = beta (v - Sᵀk) with the decayed state.
// float32: q, k [rows, H, dk], v [rows, H, dv], decay (at most 0), beta [rows, H] -> [rows, H, dv].
at::Tensor recurrence(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& decay,
                      const at::Tensor& beta, const Sequences& sequences);

}  // namespace lcr::forward
