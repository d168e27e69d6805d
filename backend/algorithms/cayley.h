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

// Rotations in, scalar loss of the batch that belongs to `step` out, differentiable. Tensors made in inference mode
// cannot take part.
using RotationLoss = std::function<at::Tensor(const std::vector<at::Tensor>& rotations, int64_t step)>;

// One step on the Stiefel manifold against `momentum` (Li, Fuxin, Todorovic 2020, arXiv 2002.01113, algorithm 1): the
// Cayley transform of the skew-symmetric part, solved by two fixed-point iterations. rotation, gradient and momentum
// [n, n]; momentum is updated in place. Result orthogonal to the iteration's error.
at::Tensor cayley_step(const at::Tensor& rotation, const at::Tensor& gradient, at::Tensor& momentum, double rate,
                       double momentum_rate);

// Descends from `start` (orthogonal matrices, f32 or f64); the result is made orthogonal to rounding by a last QR.
std::vector<at::Tensor> cayley_sgd(std::vector<at::Tensor> start, const CayleyOptions& options, const RotationLoss& loss);

// The nearest orthogonal matrix's stand-in: Q of its QR with R's diagonal positive.
at::Tensor orthonormal(const at::Tensor& matrix);

}  // namespace lcr
