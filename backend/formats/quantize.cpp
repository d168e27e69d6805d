#include "backend/formats/quantize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "backend/formats/strip.h"

namespace lcr {
namespace {

enum class Steps { Scales, Codes, Both };

// Rows of weights under one row of scales.
int64_t rows_a_scale(const Codec& codec, const WeightRows& tile) {
  return codec.whole_tensor ? tile.rows : codec.grid.unit_rows;
}

void tensor_scale(const Quantizer& quantizer, const WeightRows& tile, const TensorRange& tensor, Strip& strip,
                  const EncodedRows& out) {
  strip.low[0] = tensor.low;
  const bool int1 = quantizer.codec.symmetric && quantizer.codec.element == Element::Int && quantizer.codec.bits == 1;
  strip.high[0] = !quantizer.codec.symmetric ? tensor.high : int1 ? -tensor.low : std::max(-tensor.low, tensor.high);
  write_scales(quantizer, tile, 0, tile.rows, 1.f, strip, strip.stored.data(), strip.zero_points.data());
  if (out.scales) std::memcpy(out.scales, strip.stored.data(), static_cast<size_t>(size_of(quantizer.codec.scale)));
  if (out.zero_points && !quantizer.codec.symmetric) std::memcpy(out.zero_points, strip.zero_points.data(), 1);
}

void measure_row(const Codec& codec, const CodeRule& rule, const WeightRows& tile, int64_t row, const void* codes,
                 const int8_t* zero_points, Strip& strip, ErrorSums& errors) {
  strip.values.resize(static_cast<size_t>(codec.columns));
  strip.decoded.resize(static_cast<size_t>(codec.columns));
  kernels().widen(tile.row(row), tile.dtype, codec.columns, strip.values.data());
  decode_row(codec, rule, codes, zero_points, strip, strip.decoded.data());
  ErrorSums sums;
  kernels().square_sums(strip.values.data(), strip.decoded.data(), codec.columns, &sums.error, &sums.signal);
  errors.add(sums);
}

// One strip after the other: scales of each of its rows of scales, codes of the rows below them, then its zero points.
template <Steps steps>
TileResult run(const Quantizer& quantizer, const WeightRows& tile, int64_t first_row, const TensorRange& tensor,
               const EncodedRows& out, bool measure) {
  const Codec& codec = quantizer.codec;
  Strip strip(codec);
  TileResult result;
  bool finite = true;
  char* scales = static_cast<char*>(out.scales);
  char* zero_points = static_cast<char*>(out.zero_points);
  char* codes = static_cast<char*>(out.codes);
  const int64_t unit_rows = rows_a_scale(codec, tile), strip_height = codec.whole_tensor ? tile.rows : strip_rows(codec);
  if (codec.whole_tensor && steps != Steps::Codes) tensor_scale(quantizer, tile, tensor, strip, out);
  for (int64_t begin = 0; begin < tile.rows; begin += strip_height) {
    const int64_t end = std::min(tile.rows, begin + strip_height);
    const int64_t scale_rows = (end - begin + unit_rows - 1) / unit_rows;
    if (steps == Steps::Codes && !codec.symmetric) load_zero_points(codec, zero_points, scale_rows, strip.zero_points.data());
    for (int64_t unit = 0; unit < scale_rows; ++unit) {
      const int64_t row = begin + unit * unit_rows, rows = std::min(unit_rows, end - row);
      int8_t* zeros = codec.symmetric ? nullptr : strip.zero_points.data() + unit * codec.grid.columns;
      if (steps != Steps::Codes && !codec.whole_tensor) {
        finite = observe_units(quantizer, tile, row, rows, strip) && finite;
        write_scales(quantizer, tile, row, rows, out.global, strip, scales, zeros);
      }
      const void* stored = codec.whole_tensor && steps != Steps::Codes ? strip.stored.data() : scales;
      if (!codec.whole_tensor) scales += codec.scale_row_bytes();
      if (steps == Steps::Scales) continue;
      kernels().load_scales(codec.scale, stored, codec.grid.columns, codec.global ? out.global : 1.f, strip.scales.data());
      for (int64_t i = row; i < row + rows; ++i, codes += codec.code_row_bytes()) {
        encode_row(codec, quantizer.codes, tile.row(i), tile.dtype, zeros, strip, codes);
        if (measure) measure_row(codec, quantizer.codes, tile, i, codes, zeros, strip, result.errors);
      }
    }
    if (codec.symmetric || codec.whole_tensor) continue;
    if (steps != Steps::Codes) store_zero_points(codec, strip.zero_points.data(), scale_rows, zero_points);
    zero_points += zero_point_bytes(codec, scale_rows);
  }
  if (!finite) result.non_finite = locate_non_finite(tile, first_row);
  return result;
}

}  // namespace

TileResult quantize(const Quantizer& quantizer, const WeightRows& tile, int64_t first_row, const TensorRange& tensor,
                    const EncodedRows& out, bool measure) {
  return run<Steps::Both>(quantizer, tile, first_row, tensor, out, measure);
}

void find_scales(const Quantizer& quantizer, const WeightRows& tile, const TensorRange& tensor, const EncodedRows& out) {
  run<Steps::Scales>(quantizer, tile, 0, tensor, out, false);
}

void encode(const Codec& codec, const WeightRows& tile, const EncodedRows& out) {
  Quantizer quantizer;
  quantizer.codec = codec;
  quantizer.codes = code_rule(codec);
  run<Steps::Codes>(quantizer, tile, 0, {}, out, false);
}

}  // namespace lcr
