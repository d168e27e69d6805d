#include "backend/weights/source_codec.h"

#include <string_view>

#include "backend/formats/decode.h"

namespace lcr {

namespace {

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

std::string_view suffix_of(std::string_view name) {
  size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

// Blocks are named by the view, because their last one may be ragged; everything else divides.
bool set_grid(Codec& codec, const TensorView& view, const StoredTensor& scales) {
  int64_t rows = scales.shape.empty() ? 1 : scales.shape[0];
  int64_t columns = scales.shape.size() < 2 ? 1 : scales.shape[1];
  if (rows < 1 || columns < 1) return false;
  bool blocks = view.block_rows > 0;
  codec.grid = {blocks ? view.block_rows : codec.rows / rows, blocks ? view.block_columns : codec.columns / columns,
                rows, columns};
  codec.whole_tensor = rows == 1 && columns == 1 && codec.rows > 1;
  codec.scale = scales.dtype;
  const ScaleGrid& grid = codec.grid;
  return grid.unit_rows > 0 && grid.unit_columns > 0 && ceil_div(codec.rows, grid.unit_rows) == rows &&
         ceil_div(codec.columns, grid.unit_columns) == columns;
}

// Element, bits and layout from the codes' dtype.
bool set_codes(Codec& codec, const TensorView& view, const StoredTensor& codes, const StoredTensor& scales) {
  switch (codes.dtype) {
    case Dtype::I32:
      codec.element = Element::Int;
      codec.layout = CodeLayout::Words;
      codec.bits = view.bits;
      codec.packed_zero_points = true;
      return codec.bits > 0;
    case Dtype::I8:
      codec.element = Element::Int;
      codec.layout = CodeLayout::Bytes;
      codec.bits = 8;
      return true;
    case Dtype::F8E4M3:
      codec.element = Element::Fp8;
      codec.layout = CodeLayout::E4M3;
      codec.bits = 8;
      return true;
    case Dtype::U8:
      codec.element = Element::Fp4;
      codec.layout = CodeLayout::Nibbles;
      codec.bits = 4;
      return size_of(scales.dtype) == 1;
    default:
      return false;
  }
}

std::optional<SourceCodec> compressed_tensors(const TensorView& view, const Checkpoint& checkpoint, int64_t out,
                                              int64_t in) {
  SourceCodec result;
  for (uint32_t source : view.sources) {
    std::string_view suffix = suffix_of(checkpoint.tensors[source].name);
    if (suffix == "weight" || suffix == "weight_packed") result.codes = source;
    if (suffix == "weight_scale") result.scales = source;
    if (suffix == "weight_zero_point") result.zero_points = source;
    if (suffix == "weight_global_scale") result.global = source;
  }
  if (result.codes < 0 || result.scales < 0) return std::nullopt;
  Codec& codec = result.codec;
  codec.rows = out;
  codec.columns = in;
  codec.symmetric = result.zero_points < 0;
  codec.global = result.global >= 0;
  const StoredTensor& scales = checkpoint.tensors[result.scales];
  if (!set_codes(codec, view, checkpoint.tensors[result.codes], scales) || !set_grid(codec, view, scales))
    return std::nullopt;
  if (result.zero_points >= 0) codec.packed_zero_points = checkpoint.tensors[result.zero_points].dtype == Dtype::I32;
  return result;
}

}  // namespace

std::optional<SourceCodec> source_codec(const TensorView& view, const Checkpoint& checkpoint, int64_t out, int64_t in) {
  switch (view.codec) {
    case TensorView::Codec::None:
      return std::nullopt;
    case TensorView::Codec::Fp8Block: {
      if (view.sources.size() < 2 || view.block_rows == 0) return std::nullopt;
      const StoredTensor& scales = checkpoint.tensors[view.sources[1]];
      return SourceCodec{fp8_block_codec(out, in, view.block_rows, view.block_columns, scales.dtype), view.sources[0],
                         view.sources[1]};
    }
    case TensorView::Codec::Mxfp4:
      if (view.sources.size() != 2) return std::nullopt;
      return SourceCodec{mxfp4_blocks_codec(out, in), view.sources[0], view.sources[1]};
    case TensorView::Codec::CompressedTensors:
      return compressed_tensors(view, checkpoint, out, in);
  }
  return std::nullopt;
}

}  // namespace lcr
