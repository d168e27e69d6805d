#include "backend/weights/row_reader.h"

#include <cstring>
#include <numeric>

#include "backend/formats/decode.h"
#include "backend/weights/source_codec.h"
#include "compiler/diagnostics/check.h"

namespace lcr {

namespace {

// Rows of one part of a quantized tensor, as a view of the part's bytes: the logical rows lie `step` stored rows apart,
// beginning with stored row `base`.
StridedView part_rows(int64_t base, int64_t step, int64_t rows, int64_t row_elements) {
  return {base * row_elements, {rows, row_elements}, {step * row_elements, 1}};
}

int64_t elements_per_row(const StoredTensor& part, int64_t rows) {
  int64_t elements = static_cast<int64_t>(part.bytes()) / size_of(part.dtype);
  return elements / std::max<int64_t>(1, rows);
}

}  // namespace

size_t RowBuffers::bytes() const {
  return rows.capacity() + scratch.capacity() + codes.capacity() + scales.capacity() + zero_points.capacity();
}

bool RowReader::read_decoded(const TensorView& view, const Dims& shape, int64_t first, int64_t count, Dtype decoded,
                             RowBuffers& buffers, Diagnostics& diagnostics) const {
  LCR_CHECK(shape.size() == 2, "only matrices are quantized");
  std::optional<SourceCodec> source = source_codec(view, checkpoint_, shape[0], shape[1]);
  LCR_CHECK(source.has_value(), "a quantized tensor whose parts fit no codec was claimed");
  const Codec& codec = source->codec;
  const StoredTensor& codes = checkpoint_.tensors[source->codes];
  const StoredTensor& scales = checkpoint_.tensors[source->scales];

  // Which stored rows the logical ones are: the view's steps apply to what the codec decodes to, whose rows are whole.
  int64_t stack = codes.shape.size() > 2 && view.codec == TensorView::Codec::Mxfp4 ? codes.shape[0] : 0;
  Dims stored_shape = stack > 0 && !view.steps.empty() ? Dims{stack, codes.shape[1], shape[1]} : shape;
  StridedView place = strided(view, stored_shape);
  int64_t base = place.offset / shape[1], step = shape[0] > 1 ? place.strides[0] / shape[1] : 1;
  int64_t stored_rows = stack > 0 ? stored_shape[0] * stored_shape[1] : shape[0];

  auto read_part = [&](const StoredTensor& part, int64_t part_base, int64_t part_step, int64_t rows,
                       int64_t part_rows_stored, std::vector<std::byte>& into) {
    int64_t row = elements_per_row(part, part_rows_stored);
    into.resize(static_cast<size_t>(rows * row * size_of(part.dtype)));
    return read_rows(files_, part, part_rows(part_base, part_step, rows, row), 0, rows, into, buffers.scratch,
                     diagnostics);
  };
  if (!read_part(codes, base + first * step, step, count, stored_rows, buffers.codes)) return false;
  int64_t unit_rows = codec.grid.unit_rows;
  LCR_CHECK(codec.whole_tensor || first % unit_rows == 0, "a tile begins within a block of the source");
  int64_t first_scale = unit_rows == 1 ? base + first * step : first / unit_rows;
  int64_t scale_rows = unit_rows == 1 ? count : (first + count + unit_rows - 1) / unit_rows - first_scale;
  if (!read_part(scales, first_scale, unit_rows == 1 ? step : 1, scale_rows,
                 unit_rows == 1 ? stored_rows : codec.grid.rows, buffers.scales)) {
    return false;
  }
  EncodedSource parts{buffers.codes.data(), buffers.scales.data(), nullptr, 1.f};
  if (source->zero_points >= 0) {
    const StoredTensor& points = checkpoint_.tensors[source->zero_points];
    int64_t bits = codec.packed_zero_points ? codec.bits : 1, unit = codec.packed_zero_points ? 32 : 1;
    int64_t begin = (first / unit_rows) * bits / unit;
    int64_t end = ((first / unit_rows + scale_rows) * bits + unit - 1) / unit;
    if (!read_part(points, begin, 1, end - begin, points.shape.empty() ? 1 : points.shape[0], buffers.zero_points))
      return false;
    parts.zero_points = buffers.zero_points.data();
  }
  if (source->global >= 0) {
    const StoredTensor& global = checkpoint_.tensors[source->global];
    if (!files_.read(global.shard, global.begin, std::as_writable_bytes(std::span(&parts.global, 1)), diagnostics))
      return false;
  }
  Codec tile = codec;
  tile.rows = count;
  buffers.rows.resize(static_cast<size_t>(count * shape[1] * size_of(decoded)));
  decode(tile, parts, count, buffers.rows.data(), decoded);
  return true;
}

WeightRows RowReader::read(const TensorView& view, const Dims& shape, int64_t first, int64_t count, Dtype decoded,
                           RowBuffers& buffers, Diagnostics& diagnostics) const {
  WeightRows result;
  if (view.codec != TensorView::Codec::None) {
    if (!read_decoded(view, shape, first, count, decoded, buffers, diagnostics)) return result;
    return {buffers.rows.data(), decoded, count, shape[1], shape[1]};
  }
  const StoredTensor& stored = checkpoint_.tensors[view.sources[0]];
  StridedView place = strided(view, stored.shape);
  int64_t row = place.row_elements();
  buffers.rows.resize(static_cast<size_t>(count * row * size_of(stored.dtype)));
  if (!read_rows(files_, stored, place, first, count, buffers.rows, buffers.scratch, diagnostics)) return result;
  return {buffers.rows.data(), stored.dtype, count, row, row};
}

}  // namespace lcr
