#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "backend/forward/orthogonal_matrix.h"
#include "compiler/language/rotation.h"

namespace lcr {

// An orthogonal matrix R [n, n] that is repeated along the diagonal of any width that n divides. Hadamard matrices are
// multiplied with by their factors.
class RotationMatrix {
 public:
  // By kind, size and seed; of every kind but `learned`.
  explicit RotationMatrix(const Rotation& rotation);
  // float64 [n, n], or [k, n, n]: one for each of k heads.
  explicit RotationMatrix(at::Tensor dense);

  int64_t size() const { return size_; }
  // Where it will be multiplied with, float64: so that no product waits for its matrix.
  void move_to(const at::Device& device);
  // x Rᵀ over the last dimension, in x's dtype and on its device; x [k, …, n m] where there are k matrices.
  at::Tensor times_transposed(const at::Tensor& x) const;
  // R x over the last but one dimension: [.., n m, columns].
  at::Tensor turned_rows(const at::Tensor& x) const;

 private:
  int64_t size_ = 0;
  OrthogonalMatrix factors_;  // of a Hadamard matrix
  at::Tensor dense_;          // or undefined
};

}  // namespace lcr
