#include "backend/rotations/rotation_matrix.h"

#include <ATen/ATen.h>

#include "backend/algorithms/hadamard.h"
#include "compiler/diagnostics/check.h"

namespace lcr {

RotationMatrix::RotationMatrix(const Rotation& rotation) : size_(rotation.size) {
  const auto seed = static_cast<uint64_t>(rotation.seed);
  LCR_CHECK(rotation.kind == "random" || rotation.kind == "random_hadamard" || rotation.kind == "hadamard",
            "a kind of rotation that no seed gives");
  if (rotation.kind == "random") {
    dense_ = random_orthogonal(size_, seed);
  } else {
    factors_ = make_matrix(rotation.kind, size_, seed);
  }
}

RotationMatrix::RotationMatrix(at::Tensor dense) : size_(dense.size(-1)), dense_(std::move(dense)) {}

void RotationMatrix::move_to(const at::Device& device) {
  factors_ = factors_.to(device, at::kDouble);
  if (dense_.defined()) dense_ = dense_.to(device, at::kDouble);
}

at::Tensor RotationMatrix::times_transposed(const at::Tensor& x) const {
  at::Tensor blocks = x.unflatten(-1, {x.size(-1) / size_, size_});
  if (!dense_.defined()) return rotated_back(blocks, factors_).flatten(-2);
  at::Tensor matrix = dense_.to(x.options()).transpose(-1, -2);
  // One matrix for each entry of the first dimension.
  if (matrix.dim() == 3) return at::matmul(blocks.flatten(1, -2), matrix).view_as(x);
  return at::matmul(blocks, matrix).flatten(-2);
}

at::Tensor RotationMatrix::turned_rows(const at::Tensor& x) const {
  return times_transposed(x.transpose(-1, -2).contiguous()).transpose(-1, -2);
}

}  // namespace lcr
