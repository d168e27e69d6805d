#include "backend/storage/read_rows.h"

#include <cstring>

namespace lcr {

namespace {

// Copies elements that lie `stride` elements apart into one dense run.
template <size_t size>
void gather(const std::byte* from, int64_t stride, int64_t count, std::byte* to, int64_t to_stride) {
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(to + i * to_stride * static_cast<int64_t>(size), from + i * stride * static_cast<int64_t>(size), size);
  }
}

void gather(size_t size, const std::byte* from, int64_t stride, int64_t count, std::byte* to, int64_t to_stride) {
  switch (size) {
    case 1: return gather<1>(from, stride, count, to, to_stride);
    case 2: return gather<2>(from, stride, count, to, to_stride);
    case 4: return gather<4>(from, stride, count, to, to_stride);
    default: return gather<8>(from, stride, count, to, to_stride);
  }
}

struct Request {
  SourceFiles& files;
  const StoredTensor& tensor;
  const StridedView& view;
  int64_t first, count;
  std::span<std::byte> into;
  std::vector<std::byte>& scratch;
  Diagnostics& diagnostics;

  int64_t element() const { return size_of(tensor.dtype); }
  bool read(int64_t offset, std::span<std::byte> bytes) const {
    return files.read(tensor.shard, tensor.begin + static_cast<uint64_t>(offset * element()), bytes, diagnostics);
  }
};

// Rows in one piece each: one read for all of them or one a row.
bool read_whole_rows(const Request& request) {
  const StridedView& view = request.view;
  int64_t row = view.row_elements();
  int64_t stride = view.dims.empty() ? row : view.strides[0];
  if (stride == row || request.count == 1) {
    return request.read(view.offset + request.first * stride, request.into.first(request.count * row * request.element()));
  }
  size_t row_bytes = static_cast<size_t>(row * request.element());
  for (int64_t r = 0; r < request.count; ++r) {
    if (!request.read(view.offset + (request.first + r) * stride, request.into.subspan(r * row_bytes, row_bytes))) return false;
  }
  return true;
}

// A matrix whose columns are strided (stored input first, or every second column): reads, for a run of columns, the
// pieces of storage that hold the wanted rows, and spreads them.
bool read_strided_matrix(const Request& request) {
  const StridedView& view = request.view;
  int64_t columns = view.dims[1], row_stride = view.strides[0], column_stride = view.strides[1];
  int64_t element = request.element();
  bool transposed = row_stride < column_stride;
  // The inner loop runs along the axis whose elements are close together in storage.
  int64_t outer = transposed ? columns : request.count, inner = transposed ? request.count : columns;
  int64_t outer_stride = transposed ? column_stride : row_stride, inner_stride = transposed ? row_stride : column_stride;
  int64_t piece = (inner - 1) * inner_stride + 1;
  // Pieces that nearly touch are read together.
  constexpr int64_t most_bytes = 4 << 20;
  int64_t together = outer_stride <= 2 * piece ? std::max<int64_t>(1, most_bytes / (outer_stride * element)) : 1;
  int64_t base = view.offset + request.first * row_stride;
  for (int64_t begin = 0; begin < outer; begin += together) {
    int64_t end = std::min(outer, begin + together);
    int64_t span = (end - begin - 1) * outer_stride + piece;
    request.scratch.resize(static_cast<size_t>(span * element));
    if (!request.read(base + begin * outer_stride, request.scratch)) return false;
    for (int64_t o = begin; o < end; ++o) {
      const std::byte* from = request.scratch.data() + (o - begin) * outer_stride * element;
      std::byte* to = request.into.data() + (transposed ? o : o * columns) * element;
      gather(static_cast<size_t>(element), from, inner_stride, inner, to, transposed ? columns : 1);
    }
  }
  return true;
}

// Any other view: one row at a time, element by element along the last axis.
bool read_scattered(const Request& request) {
  const StridedView& view = request.view;
  int64_t element = request.element();
  std::byte* to = request.into.data();
  std::vector<int64_t> index(view.dims.size(), 0);
  for (int64_t r = 0; r < request.count; ++r) {
    for (int64_t e = 0; e < view.row_elements(); ++e) {
      int64_t rest = e, offset = view.offset + (request.first + r) * (view.dims.empty() ? 0 : view.strides[0]);
      for (size_t axis = view.dims.size(); axis-- > 1;) {
        offset += rest % view.dims[axis] * view.strides[axis];
        rest /= view.dims[axis];
      }
      if (!request.read(offset, {to, static_cast<size_t>(element)})) return false;
      to += element;
    }
  }
  return true;
}

}  // namespace

bool read_rows(SourceFiles& files, const StoredTensor& tensor, const StridedView& view, int64_t first, int64_t count,
               std::span<std::byte> into, std::vector<std::byte>& scratch, Diagnostics& diagnostics) {
  Request request{files, tensor, view, first, count, into, scratch, diagnostics};
  if (view.rows_contiguous()) return read_whole_rows(request);
  if (view.dims.size() == 2) return read_strided_matrix(request);
  return read_scattered(request);
}

}  // namespace lcr
