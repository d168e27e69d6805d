#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace lcr {

struct CayleyOptions {
  int64_t steps = 0;
  double rate = 0;        // falls linearly to 0
  double momentum = 0.9;
};

// Rotations in; out, for each, the gradient of the loss on the batch that belongs to `step` (undefined: it is 0). None at
// all ends the descent.
using RotationGradients = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& rotations, int64_t step)>;

// One step on the Stiefel manifold against `momentum` (Li, Fuxin, Todorovic 2020, arXiv 2002.01113, algorithm 1): the
// Cayley transform of the skew-symmetric part, solved by two fixed-point iterations. rotation, gradient and momentum
// [.., n, n], each matrix by itself; momentum is updated in place. Result orthogonal to the iteration's error.
at::Tensor cayley_step(const at::Tensor& rotation, const at::Tensor& gradient, at::Tensor& momentum, double rate,
                       double momentum_rate);

// Descends from `start` (orthogonal matrices [.., n, n], f32 or f64); the result is made orthogonal to rounding by a
// last QR.
std::vector<at::Tensor> cayley_sgd(std::vector<at::Tensor> start, const CayleyOptions& options,
                                   const RotationGradients& gradients);

// The nearest orthogonal matrix's stand-in: Q of its QR with R's diagonal positive. [.., n, n].
at::Tensor orthonormal(const at::Tensor& matrix);

}  // namespace lcr
