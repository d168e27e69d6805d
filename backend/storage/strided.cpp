#include "backend/storage/strided.h"

#include <algorithm>
#include <numeric>

#include "compiler/diagnostics/check.h"

namespace lcr {

namespace {

StridedView whole(const Dims& shape) {
  StridedView view;
  view.dims = shape;
  view.strides.assign(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;) view.strides[axis - 1] = view.strides[axis] * shape[axis];
  return view;
}

StridedView cut(const StridedView& view, const std::vector<TensorView::Slice>& slices) {
  LCR_CHECK(slices.size() <= view.dims.size(), "a view has more slices than its tensor has axes");
  StridedView result;
  result.offset = view.offset;
  for (size_t axis = 0; axis < view.dims.size(); ++axis) {
    bool all = axis >= slices.size() || slices[axis].all;
    const TensorView::Slice slice = all ? TensorView::Slice{0, view.dims[axis], 1, true} : slices[axis];
    result.offset += slice.low * view.strides[axis];
    // A single index: the axis disappears.
    if (slice.high < 0) continue;
    result.dims.push_back((slice.high - slice.low + slice.step - 1) / slice.step);
    result.strides.push_back(view.strides[axis] * slice.step);
  }
  return result;
}

}  // namespace

int64_t StridedView::row_elements() const {
  if (dims.empty()) return 1;
  return std::accumulate(dims.begin() + 1, dims.end(), int64_t{1}, std::multiplies<>());
}

bool StridedView::rows_contiguous() const {
  int64_t expected = 1;
  for (size_t axis = dims.size(); axis-- > 1;) {
    if (dims[axis] != 1 && strides[axis] != expected) return false;
    expected *= dims[axis];
  }
  return true;
}

bool StridedView::contiguous() const {
  return rows_contiguous() && (dims.empty() || dims[0] == 1 || strides[0] == row_elements());
}

StridedView strided(const TensorView& view, const Dims& shape) {
  StridedView result = whole(shape);
  for (const TensorView::Step& step : view.steps) {
    if (step.transposed) {
      size_t rank = result.dims.size();
      LCR_CHECK(rank >= 2, "only a matrix can be transposed");
      std::swap(result.dims[rank - 1], result.dims[rank - 2]);
      std::swap(result.strides[rank - 1], result.strides[rank - 2]);
    } else {
      result = cut(result, step.slices);
    }
  }
  return result;
}

}  // namespace lcr
