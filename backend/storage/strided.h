#pragma once

#include <cstdint>

#include "compiler/model/checkpoint.h"
#include "compiler/model/graph.h"

namespace lcr {

// The elements of a stored tensor that a logical one shows: element (i, j, …) lies at offset + i * strides[0] + … ,
// counted in elements from the tensor's first. Every step of a TensorView (index, slice, transposition) is affine.
struct StridedView {
  int64_t offset = 0;
  Dims dims;
  Dims strides;

  int64_t rows() const { return dims.empty() ? 1 : dims.front(); }
  // Elements of one row: the product of all dims but the first.
  int64_t row_elements() const;
  // Whether each row lies in one piece.
  bool rows_contiguous() const;
  // Whether all of it lies in one piece.
  bool contiguous() const;
};

// `shape` is the shape that the view's steps apply to: the stored tensor's, or what its codec decodes to.
StridedView strided(const TensorView& view, const Dims& shape);

}  // namespace lcr
