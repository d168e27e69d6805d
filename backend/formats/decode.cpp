#include "backend/formats/decode.h"

#include <algorithm>
#include <vector>

#include "backend/formats/strip.h"

namespace lcr {

void decode(const Codec& codec, const EncodedSource& source, int64_t rows, void* out, Dtype out_dtype) {
  Strip strip(codec);
  const CodeRule rule = code_rule(codec);
  const int64_t unit_rows = codec.whole_tensor ? rows : codec.grid.unit_rows;
  const int64_t height = codec.whole_tensor ? rows : strip_rows(codec);
  const char* scales = static_cast<const char*>(source.scales);
  const char* zero_points = static_cast<const char*>(source.zero_points);
  const char* codes = static_cast<const char*>(source.codes);
  char* to = static_cast<char*>(out);
  std::vector<float> values(out_dtype == Dtype::F32 ? 0 : static_cast<size_t>(codec.columns));
  for (int64_t begin = 0; begin < rows; begin += height) {
    const int64_t end = std::min(rows, begin + height), scale_rows = (end - begin + unit_rows - 1) / unit_rows;
    if (!codec.symmetric) {
      load_zero_points(codec, zero_points, scale_rows, strip.zero_points.data());
      zero_points += zero_point_bytes(codec, scale_rows);
    }
    for (int64_t row = begin; row < end; ++row) {
      const int64_t unit = (row - begin) / unit_rows;
      if ((row - begin) % unit_rows == 0) {
        kernels().load_scales(codec.scale, scales, codec.grid.columns, codec.global ? source.global : 1.f,
                              strip.scales.data());
        scales += codec.scale_row_bytes();
      }
      const int8_t* zeros = codec.symmetric ? nullptr : strip.zero_points.data() + unit * codec.grid.columns;
      float* target = out_dtype == Dtype::F32 ? reinterpret_cast<float*>(to) : values.data();
      decode_row(codec, rule, codes, zeros, strip, target);
      if (out_dtype != Dtype::F32) kernels().narrow(target, codec.columns, out_dtype, to);
      codes += codec.code_row_bytes();
      to += codec.columns * size_of(out_dtype);
    }
  }
}

namespace {

ScaleGrid grid_of(int64_t out, int64_t in, int64_t unit_rows, int64_t unit_columns) {
  return {unit_rows, unit_columns, (out + unit_rows - 1) / unit_rows, (in + unit_columns - 1) / unit_columns};
}

}  // namespace

Codec fp8_block_codec(int64_t out, int64_t in, int64_t block_rows, int64_t block_columns, Dtype scale) {
  Codec codec;
  codec.element = Element::Fp8;
  codec.layout = CodeLayout::E4M3;
  codec.grid = grid_of(out, in, block_rows, block_columns);
  codec.rows = out;
  codec.columns = in;
  codec.scale = scale;
  return codec;
}

Codec mxfp4_blocks_codec(int64_t out, int64_t in) {
  Codec codec;
  codec.element = Element::Fp4;
  codec.bits = 4;
  codec.layout = CodeLayout::Nibbles;
  codec.grid = grid_of(out, in, 1, 32);
  codec.rows = out;
  codec.columns = in;
  codec.scale = Dtype::U8;
  return codec;
}

}  // namespace lcr
