#include "backend/algorithms/cayley.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace lcr {

at::Tensor orthonormal(const at::Tensor& matrix) {
  auto [q, r] = at::linalg_qr(matrix);
  at::Tensor diagonal = r.diagonal();
  return q * at::where(diagonal < 0, -at::ones_like(diagonal), at::ones_like(diagonal));
}

at::Tensor cayley_step(const at::Tensor& rotation, const at::Tensor& gradient, at::Tensor& momentum, double rate,
                       double momentum_rate) {
  momentum.mul_(momentum_rate).sub_(gradient);
  // The tangent at the rotation X nearest to the momentum M is W X with the skew W = A - Aᵀ,
  // A = M Xᵀ - X (Xᵀ M Xᵀ) / 2.
  at::Tensor product = at::matmul(momentum, rotation.t());
  at::Tensor half = product - 0.5 * at::matmul(rotation, at::matmul(rotation.t(), product));
  at::Tensor skew = half - half.t();
  momentum.copy_(at::matmul(skew, rotation));
  // The fixed point of Y = X + (step / 2) W (X + Y) is Cayley's; it contracts while step |W| < 2.
  double norm = skew.norm().item<double>();
  double step = std::min(rate, 2 * 0.5 / (norm + 1e-8));
  at::Tensor moved = rotation + step * momentum;
  for (int iteration = 0; iteration < 2; ++iteration)
    moved = rotation + (0.5 * step) * at::matmul(skew, rotation + moved);
  return moved;
}

std::vector<at::Tensor> cayley_sgd(std::vector<at::Tensor> start, const CayleyOptions& options, const RotationLoss& loss) {
  std::vector<at::Tensor> rotations = std::move(start), momenta;
  for (const at::Tensor& rotation : rotations) momenta.push_back(at::zeros_like(rotation));
  for (int64_t step = 0; step < options.steps; ++step) {
    std::vector<at::Tensor> leaves;
    for (const at::Tensor& rotation : rotations) leaves.push_back(rotation.detach().clone().requires_grad_(true));
    {
      c10::AutoGradMode differentiate(true);
      loss(leaves, step).backward();
    }
    c10::AutoGradMode plain(false);
    double rate = options.rate * (1 - static_cast<double>(step) / static_cast<double>(options.steps));
    for (size_t i = 0; i < rotations.size(); ++i)
      if (leaves[i].grad().defined())
        rotations[i] = cayley_step(rotations[i], leaves[i].grad(), momenta[i], rate, options.momentum);
    // The retraction's error must not add up.
    if (step % 100 == 99)
      for (at::Tensor& rotation : rotations) rotation = orthonormal(rotation);
  }
  c10::AutoGradMode plain(false);
  for (at::Tensor& rotation : rotations) rotation = orthonormal(rotation.detach());
  return rotations;
}

}  // namespace lcr
