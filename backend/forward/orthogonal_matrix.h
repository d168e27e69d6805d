#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace lcr {

// An orthogonal matrix R [n, n] as values are multiplied by it: diag(signs) (outer ⊗ inner). Two small factors where R
// has them (Hadamard matrices do), else R itself is the inner one.
struct OrthogonalMatrix {
  at::Tensor outer;  // [a, a]; undefined: a = 1
  at::Tensor inner;  // [b, b], n = a b
  at::Tensor signs;  // [n], +-1; undefined: all 1

  int64_t size() const;
  OrthogonalMatrix to(at::Device device, at::ScalarType dtype) const;
  // R itself, in the factors' dtype.
  at::Tensor dense() const;
};

// x R over the last dimension, block by block where it is wider than R. In float32 (a float64 x in float64), given back
// in x's dtype.
at::Tensor rotated(const at::Tensor& x, const OrthogonalMatrix& rotation);
// x Rᵀ: undoes it.
at::Tensor rotated_back(const at::Tensor& x, const OrthogonalMatrix& rotation);

}  // namespace lcr
