#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "backend/algorithms/gptq.h"

namespace lcr {
namespace {

// Upper triangular U with matrix^-1 = U^T U; undefined when the matrix is not positive definite. With the order of rows
// and columns reversed, matrix' = L L^T, so that matrix = R R^T for the upper triangular R = reversed L, and U = R^-1.
at::Tensor inverse_factor(const at::Tensor& matrix) {
  auto [lower, info] = at::linalg_cholesky_ex(matrix.flip({0, 1}));
  if (info.item<int>() != 0) return {};
  at::Tensor identity = at::eye(matrix.size(0), matrix.options());
  at::Tensor upper = at::linalg_solve_triangular(lower, identity, false).flip({0, 1}).contiguous();
  return upper.isfinite().all().item<bool>() ? upper : at::Tensor();
}

}  // namespace

std::optional<Factor> factorize(const at::Tensor& second, const FactorOptions& options) {
  at::Tensor diagonal = second.diagonal();
  Factor factor;
  factor.dead = diagonal == 0;
  at::Tensor alive = diagonal.masked_fill(factor.dead, 1.f);
  double mean = alive.mean(at::kDouble).item<double>();
  if (!std::isfinite(mean)) return std::nullopt;
  at::Tensor matrix = second;
  if (options.activation_order) {
    factor.order = at::argsort(diagonal, /*stable=*/true, -1, /*descending=*/true);
    matrix = matrix.index_select(0, factor.order).index_select(1, factor.order);
    alive = alive.index_select(0, factor.order);
  } else {
    matrix = matrix.clone();
  }
  for (double damp = options.damp;; damp = std::min(damp * 10, options.damp_limit)) {
    factor.added = damp * mean;
    matrix.diagonal().copy_(alive + factor.added);
    factor.upper = inverse_factor(matrix);
    factor.damp = damp;
    if (factor.upper.defined()) return factor;
    if (damp >= options.damp_limit) return std::nullopt;
  }
}

}  // namespace lcr
