#pragma once

#include <cstdint>
#include <string_view>

#include <ATen/core/Tensor.h>

#include "backend/forward/orthogonal_matrix.h"
#include "compiler/language/hadamard_sizes.h"

// Orthogonal matrices, float64 on the CPU. Random ones depend on the seed alone (std::mt19937_64, whose sequence the
// standard fixes); the QR of random_orthogonal is LAPACK's, so its last digits belong to the machine.
namespace lcr {

// Entries +-1 with H Hᵀ = n I: the base, Kronecker, Sylvester's in natural order. Symmetric for powers of two.
// LCR_CHECKs has_hadamard(n).
at::Tensor hadamard_signs(int64_t n);
// hadamard_signs / sqrt(n): orthogonal.
at::Tensor hadamard(int64_t n);
// Random signs before hadamard(n): diag(+-1) H.
at::Tensor random_hadamard(int64_t n, uint64_t seed);
// Uniform over the orthogonal group: Q of a Gaussian matrix, signs fixed by R's diagonal (Mezzadri 2006,
// arXiv math-ph/0609050).
at::Tensor random_orthogonal(int64_t n, uint64_t seed);
// +-1, f64 [n]: the diagonal of random_hadamard.
at::Tensor random_signs(int64_t n, uint64_t seed);

// `block` [b, b] on the diagonal of [n, n]; b divides n.
at::Tensor block_diagonal(const at::Tensor& block, int64_t n);

// hadamard(n) as two factors of about equal sizes, float64: n (a + b) instead of n² multiplications for a row.
OrthogonalMatrix hadamard_matrix(int64_t n);
// A recipe's kind of matrix: hadamard, random_hadamard or random. LCR_CHECKs that there is one of this size.
OrthogonalMatrix make_matrix(std::string_view kind, int64_t n, uint64_t seed);

// x hadamard(n) and x hadamard(n)ᵀ over the last dimension of n. What the dense product gives, but for rounding.
at::Tensor times_hadamard(const at::Tensor& x);
at::Tensor times_hadamard_transposed(const at::Tensor& x);

}  // namespace lcr
