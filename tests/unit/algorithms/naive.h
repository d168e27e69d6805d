#pragma once

#include <ATen/core/Tensor.h>

#include "backend/algorithms/gptq.h"

// The algorithms of the room written down once more, in float64, element by element and without blocks or factors that
// are shared.
namespace lcr::tests {

// Inputs of so many tokens with correlated channels of different magnitudes, f64 [tokens, in].
at::Tensor random_inputs(int64_t tokens, int64_t in, uint64_t seed);

// Mean of x x^T, f32.
at::Tensor second_moment(const at::Tensor& inputs);

// Decoded values that GPTQ chooses, f64 [out, in]: the inverse of the damped matrix is updated after each column, as in
// the derivation (eliminate a column, no factorization). order undefined: as they stand.
at::Tensor naive_gptq(const at::Tensor& target, const Grid& grid, const at::Tensor& second, double added,
                      const at::Tensor& order, const at::Tensor& keep_mask);

// tr((a - b) H (a - b)^T) in f64.
double quadratic_error(const at::Tensor& a, const at::Tensor& b, const at::Tensor& second);

}  // namespace lcr::tests
