#include "backend/algorithms/hadamard.h"

#include <ATen/ATen.h>

#include <cmath>
#include <random>

#include "backend/algorithms/cayley.h"
#include "backend/algorithms/hadamard_bases.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// Sylvester's matrix: (-1)^popcount(i & j).
at::Tensor sylvester(int64_t n) {
  const at::Tensor two = at::tensor({1., 1., 1., -1.}, at::kDouble).view({2, 2});
  at::Tensor result = at::ones({1, 1}, at::kDouble);
  for (int64_t size = 1; size < n; size *= 2) result = at::kron(two, result);
  return result;
}

// Standard normal numbers by the polar method of Marsaglia.
at::Tensor normal(int64_t count, uint64_t seed) {
  std::mt19937_64 generator(seed);
  auto uniform = [&] { return static_cast<double>(generator() >> 11) * 0x1p-52 - 1.0; };
  at::Tensor result = at::empty({count + 1}, at::kDouble);
  double* out = result.mutable_data_ptr<double>();
  for (int64_t i = 0; i < count;) {
    double u = uniform(), v = uniform(), square = u * u + v * v;
    if (square >= 1 || square == 0) continue;
    double factor = std::sqrt(-2 * std::log(square) / square);
    out[i++] = u * factor;
    out[i++] = v * factor;
  }
  return result.narrow(0, 0, count);
}

}  // namespace

at::Tensor hadamard_signs(int64_t n) {
  int64_t base = hadamard_base(n);
  LCR_CHECK(base > 0, "no Hadamard matrix of this size is known here");
  return at::kron(hadamard_base_signs(base), sylvester(n / base));
}

at::Tensor hadamard(int64_t n) { return hadamard_signs(n) / std::sqrt(static_cast<double>(n)); }

at::Tensor random_signs(int64_t n, uint64_t seed) {
  std::mt19937_64 generator(seed);
  at::Tensor result = at::empty({n}, at::kDouble);
  double* out = result.mutable_data_ptr<double>();
  for (int64_t i = 0; i < n; ++i) out[i] = generator() >> 63 ? 1 : -1;
  return result;
}

at::Tensor random_hadamard(int64_t n, uint64_t seed) { return random_signs(n, seed).unsqueeze(1) * hadamard(n); }

at::Tensor random_orthogonal(int64_t n, uint64_t seed) { return orthonormal(normal(n * n, seed).view({n, n})); }

at::Tensor block_diagonal(const at::Tensor& block, int64_t n) {
  int64_t size = block.size(0);
  LCR_CHECK(size == block.size(1) && n % size == 0, "equal square blocks fill the diagonal");
  return at::kron(at::eye(n / size, block.options()), block);
}

OrthogonalMatrix hadamard_matrix(int64_t n) {
  const int64_t base = hadamard_base(n);
  LCR_CHECK(base > 0, "no Hadamard matrix of this size is known here");
  int64_t left = 1;
  while (left * base * left * base < n && (n / base) % (2 * left) == 0 && left < n / base) left *= 2;
  return {at::kron(hadamard_base_signs(base), sylvester(left)),
          sylvester(n / base / left) / std::sqrt(static_cast<double>(n)), {}};
}

OrthogonalMatrix make_matrix(std::string_view kind, int64_t n, uint64_t seed) {
  if (kind == "random") return {{}, random_orthogonal(n, seed), {}};
  OrthogonalMatrix matrix = hadamard_matrix(n);
  if (kind == "random_hadamard") matrix.signs = random_signs(n, seed);
  return matrix;
}

at::Tensor times_hadamard(const at::Tensor& x) { return rotated(x, hadamard_matrix(x.size(-1))); }

at::Tensor times_hadamard_transposed(const at::Tensor& x) { return rotated_back(x, hadamard_matrix(x.size(-1))); }

}  // namespace lcr
