#include "backend/forward/decode_weight.h"

#include <ATen/ATen.h>

#include "backend/formats/decode.h"
#include "backend/forward/dtypes.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

const at::Tensor* part(const std::vector<StoredPart>& parts, std::string_view suffix) {
  for (const StoredPart& part : parts)
    if (part.name.ends_with(suffix)) return &part.tensor;
  return nullptr;
}

CodeLayout layout_of(const at::Tensor& codes) {
  switch (codes.scalar_type()) {
    case at::kInt: return CodeLayout::Words;
    case at::kByte: return CodeLayout::Nibbles;
    case at::kChar: return CodeLayout::Bytes;
    default: return CodeLayout::E4M3;
  }
}

ScaleGrid grid_of(const Format& format, int64_t out, int64_t in) {
  switch (format.per) {
    case Per::Tensor: return {out, in, 1, 1};
    case Per::Group: return {1, format.group, out, in / format.group};
    case Per::Block:
      return {format.block_rows, format.block_columns, (out + format.block_rows - 1) / format.block_rows,
              (in + format.block_columns - 1) / format.block_columns};
    default: return {1, in, out, 1};
  }
}

at::Tensor run(const Codec& codec, const EncodedSource& source) {
  at::Tensor result = at::empty({codec.rows, codec.columns}, at::kFloat);
  decode(codec, source, codec.rows, result.data_ptr<float>(), Dtype::F32);
  return result;
}

at::Tensor decode_compressed(const std::vector<StoredPart>& parts, const Format& format, int64_t out, int64_t in) {
  const at::Tensor* codes = part(parts, ".weight_packed");
  if (!codes) codes = part(parts, ".weight");
  const at::Tensor* scales = part(parts, ".weight_scale");
  const at::Tensor* zero_points = part(parts, ".weight_zero_point");
  const at::Tensor* global = part(parts, ".weight_global_scale");
  LCR_CHECK(codes && scales, "a quantized weight without codes or scales");
  Codec codec;
  codec.element = format.element;
  codec.bits = format.bits;
  codec.symmetric = zero_points == nullptr;
  codec.layout = layout_of(*codes);
  codec.grid = grid_of(format, out, in);
  codec.rows = out;
  codec.columns = in;
  codec.scale = dtype_of(scales->scalar_type());
  codec.whole_tensor = format.per == Per::Tensor;
  codec.packed_zero_points = zero_points && zero_points->scalar_type() == at::kInt;
  codec.global = global != nullptr;
  EncodedSource source{codes->data_ptr(), scales->data_ptr(), zero_points ? zero_points->data_ptr() : nullptr};
  if (global) source.global = global->to(at::kFloat).item<float>();
  return run(codec, source);
}

}  // namespace

at::Tensor decode_weight(TensorView::Codec codec, const std::vector<StoredPart>& parts, const SourceFormats& formats,
                         const Format* weights, int64_t out, int64_t in) {
  if (codec == TensorView::Codec::CompressedTensors) {
    LCR_CHECK(weights, "a quantized weight that no config group targets");
    return decode_compressed(parts, *weights, out, in);
  }
  const at::Tensor &codes = parts[0].tensor, &scales = parts[1].tensor;
  EncodedSource source{codes.data_ptr(), scales.data_ptr()};
  if (codec == TensorView::Codec::Mxfp4) return run(mxfp4_blocks_codec(out, in), source);
  return run(fp8_block_codec(out, in, formats.block_rows, formats.block_columns, dtype_of(scales.scalar_type())), source);
}

}  // namespace lcr
