#include "backend/algorithms/cayley.h"

#include <ATen/ATen.h>

#include <tuple>
#include <utility>

namespace lcr {

at::Tensor orthonormal(const at::Tensor& matrix) {
  auto [q, r] = at::linalg_qr(matrix);
  at::Tensor diagonal = r.diagonal(0, -2, -1);
  return q * at::where(diagonal < 0, -at::ones_like(diagonal), at::ones_like(diagonal)).unsqueeze(-2);
}

at::Tensor cayley_step(const at::Tensor& rotation, const at::Tensor& gradient, at::Tensor& momentum, double rate,
                       double momentum_rate) {
  momentum.mul_(momentum_rate).sub_(gradient);
  // The tangent at the rotation X nearest to the momentum M is W X with the skew W = A - Aᵀ,
  // A = M Xᵀ - X (Xᵀ M Xᵀ) / 2.
  const at::Tensor turned = rotation.transpose(-1, -2);
  at::Tensor product = at::matmul(momentum, turned);
  at::Tensor half = product - 0.5 * at::matmul(rotation, at::matmul(turned, product));
  at::Tensor skew = half - half.transpose(-1, -2);
  momentum.copy_(at::matmul(skew, rotation));
  // The fixed point of Y = X + (step / 2) W (X + Y) is Cayley's; it contracts while step |W| < 2.
  at::Tensor norm = skew.square().sum({-2, -1}, true).sqrt();
  at::Tensor step = (2 * 0.5 / (norm + 1e-8)).clamp_max(rate);
  at::Tensor moved = rotation + step * momentum;
  for (int iteration = 0; iteration < 2; ++iteration)
    moved = rotation + 0.5 * step * at::matmul(skew, rotation + moved);
  return moved;
}

std::vector<at::Tensor> cayley_sgd(std::vector<at::Tensor> start, const CayleyOptions& options,
                                   const RotationGradients& gradients) {
  std::vector<at::Tensor> rotations = std::move(start), momenta;
  for (const at::Tensor& rotation : rotations) momenta.push_back(at::zeros_like(rotation));
  for (int64_t step = 0; step < options.steps; ++step) {
    const std::vector<at::Tensor> found = gradients(rotations, step);
    if (found.empty()) break;
    double rate = options.rate * (1 - static_cast<double>(step) / static_cast<double>(options.steps));
    for (size_t i = 0; i < rotations.size(); ++i)
      if (found[i].defined()) rotations[i] = cayley_step(rotations[i], found[i], momenta[i], rate, options.momentum);
    // The retraction's error must not add up.
    if (step % 100 == 99)
      for (at::Tensor& rotation : rotations) rotation = orthonormal(rotation);
  }
  for (at::Tensor& rotation : rotations) rotation = orthonormal(rotation);
  return rotations;
}

}  // namespace lcr
