#include "backend/algorithms/cayley.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "backend/algorithms/hadamard.h"

namespace lcr::tests {
namespace {

double distance_from_orthogonal(const at::Tensor& q) {
  return (at::matmul(q, q.t()) - at::eye(q.size(0), q.options())).abs().max().item<double>();
}

using Loss = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

RotationGradients gradients_of(const Loss& loss) {
  return [loss](const std::vector<at::Tensor>& rotations, int64_t) {
    std::vector<at::Tensor> leaves, gradients;
    for (const at::Tensor& rotation : rotations) leaves.push_back(rotation.detach().clone().requires_grad_(true));
    at::AutoGradMode differentiate(true);
    loss(leaves).backward();
    for (const at::Tensor& leaf : leaves) gradients.push_back(leaf.grad());
    return gradients;
  };
}

TEST(Cayley, OrthonormalKeepsOrthogonalMatrices) {
  at::Tensor q = random_orthogonal(12, 3);
  EXPECT_TRUE(at::allclose(orthonormal(q), q, 0, 1e-12));
}

// Against the transform itself, (I - s/2 W)^-1 (I + s/2 W) X.
TEST(Cayley, StepIsTheTransform) {
  int64_t n = 10;
  at::Tensor x = random_orthogonal(n, 1), gradient = random_orthogonal(n, 2), momentum = at::zeros_like(x);
  double step = 0.01;
  at::Tensor moved = cayley_step(x, gradient, momentum, step, 0.9);
  at::Tensor skew = at::matmul(x, gradient.t()) - at::matmul(gradient, x.t());
  // Of an orthogonal X the projection of G is (G Xᵀ - X Gᵀ) / 2, and the descent goes against it.
  at::Tensor w = 0.5 * skew, eye = at::eye(n, at::kDouble);
  at::Tensor exact = at::matmul(at::linalg_inv(eye - 0.5 * step * w), at::matmul(eye + 0.5 * step * w, x));
  // Measured: 6e-10.
  EXPECT_LT((moved - exact).abs().max().item<double>(), 1e-8);
  EXPECT_TRUE(at::allclose(momentum, at::matmul(w, x), 0, 1e-12));
}

// The rotation of given points that is nearest to others: the Procrustes problem, whose answer is known.
TEST(Cayley, DescentFindsAKnownRotation) {
  int64_t n = 8;
  at::Tensor start = random_orthogonal(n, 11);
  // From the same component of the orthogonal group.
  at::Tensor turn = at::zeros({n, n}, at::kDouble);
  for (int64_t i = 0; i + 1 < n; ++i) turn[i][i + 1] = 0.4, turn[i + 1][i] = -0.4;
  at::Tensor wanted = at::matmul(start, at::linalg_matrix_exp(turn));
  at::Tensor points = at::sin(at::arange(20 * n, at::kDouble) * 1.7).view({20, n}), images = at::matmul(points, wanted);
  auto loss = [&](const std::vector<at::Tensor>& rotations) {
    return (at::matmul(points, rotations[0]) - images).square().mean();
  };
  auto found = cayley_sgd({start}, {.steps = 150, .rate = 1.0}, gradients_of(loss));
  // Measured: 2e-16, and 1.6e-8 of the start's loss.
  EXPECT_LT(distance_from_orthogonal(found[0]), 1e-14);
  EXPECT_LT(loss(found).item<double>(), 1e-6 * loss({start}).item<double>());
}

TEST(Cayley, SeveralRotationsAtOnce) {
  at::Tensor a = random_orthogonal(6, 1).to(at::kFloat), b = random_orthogonal(4, 2).to(at::kFloat);
  at::Tensor outlier = at::zeros({6});
  outlier[2] = 5;
  // Spreading an outlier: the fourth powers of the rotated vector.
  auto loss = [&](const std::vector<at::Tensor>& rotations) {
    return at::matmul(outlier, rotations[0]).pow(4).sum();
  };
  auto found = cayley_sgd({a, b}, {.steps = 60, .rate = 0.02}, gradients_of(loss));
  // Measured: 0.534 of it, and 3e-7 in float32.
  EXPECT_LT(loss(found).item<double>(), 0.6 * loss({a, b}).item<double>());
  EXPECT_LT(distance_from_orthogonal(found[0]), 2e-6);
  EXPECT_TRUE(at::allclose(found[1], b, 0, 1e-5));
}

// Each matrix of a stack moves as it would alone, with a step of its own.
TEST(Cayley, StacksMoveMatrixByMatrix) {
  at::Tensor stack = at::stack({random_orthogonal(5, 1), random_orthogonal(5, 2)});
  at::Tensor gradient = at::stack({0.01 * random_orthogonal(5, 3), 100 * random_orthogonal(5, 4)});
  at::Tensor momentum = at::zeros_like(stack);
  at::Tensor moved = cayley_step(stack, gradient, momentum, 0.3, 0.9);
  for (int64_t i = 0; i < 2; ++i) {
    at::Tensor alone = at::zeros_like(stack[i]);
    EXPECT_TRUE(at::allclose(moved[i], cayley_step(stack[i], gradient[i], alone, 0.3, 0.9), 0, 1e-14));
    EXPECT_TRUE(at::allclose(momentum[i], alone, 0, 1e-12));
  }
  moved = orthonormal(moved);
  // Measured: 8e-16.
  EXPECT_LT(distance_from_orthogonal(moved[0]) + distance_from_orthogonal(moved[1]), 1e-14);
}

}  // namespace
}  // namespace lcr::tests
