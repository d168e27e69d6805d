#include "backend/forward/orthogonal_matrix.h"

#include <ATen/ATen.h>

#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// x (outer ⊗ inner), or its transpose, of rows of n numbers.
at::Tensor times_factors(const at::Tensor& x, const OrthogonalMatrix& r, bool transposed) {
  const at::Tensor inner = transposed ? r.inner.t() : r.inner;
  if (!r.outer.defined()) return at::matmul(x, inner);
  // Row index (a, b), column index (c, d): y[c, d] = Σ outer[a, c] x[a, b] inner[b, d].
  const at::Tensor half = at::matmul(x.unflatten(-1, {r.outer.size(0), r.inner.size(0)}), inner);
  return at::matmul(transposed ? r.outer : r.outer.t(), half).flatten(-2);
}

at::Tensor apply(const at::Tensor& x, const OrthogonalMatrix& rotation, bool transposed) {
  const int64_t n = rotation.size();
  LCR_CHECK(x.size(-1) % n == 0, "a rotation does not divide the width of what it rotates");
  const auto dtype = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const OrthogonalMatrix r = rotation.to(x.device(), dtype);
  at::Tensor blocks = x.to(dtype).reshape({-1, n});
  if (r.signs.defined() && !transposed) blocks = blocks * r.signs;
  at::Tensor y = times_factors(blocks, r, transposed);
  if (r.signs.defined() && transposed) y = y * r.signs;
  return y.reshape(x.sizes()).to(x.scalar_type());
}

}  // namespace

int64_t OrthogonalMatrix::size() const { return inner.size(0) * (outer.defined() ? outer.size(0) : 1); }

OrthogonalMatrix OrthogonalMatrix::to(at::Device device, at::ScalarType dtype) const {
  auto moved = [&](const at::Tensor& part) { return part.defined() ? part.to(device, dtype) : part; };
  return {moved(outer), moved(inner), moved(signs)};
}

at::Tensor OrthogonalMatrix::dense() const {
  at::Tensor matrix = outer.defined() ? at::kron(outer.contiguous(), inner.contiguous()) : inner;
  return signs.defined() ? signs.unsqueeze(1) * matrix : matrix;
}

at::Tensor rotated(const at::Tensor& x, const OrthogonalMatrix& rotation) { return apply(x, rotation, false); }

at::Tensor rotated_back(const at::Tensor& x, const OrthogonalMatrix& rotation) { return apply(x, rotation, true); }

}  // namespace lcr
