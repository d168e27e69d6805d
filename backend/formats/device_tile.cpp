#include "backend/formats/device_tile.h"

namespace lcr {
namespace {

int code_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::BF16: return LCR_BF16;
    case Dtype::F16: return LCR_F16;
    case Dtype::F32: return LCR_F32;
    case Dtype::F8E4M3: return LCR_E4M3;
    default: return LCR_E8M0;
  }
}

}  // namespace

void describe_codec(const Quantizer& quantizer, int64_t rows, float global, lcr_cuda_tile& tile) {
  const Codec& codec = quantizer.codec;
  tile.rows = rows;
  tile.columns = codec.columns;
  tile.element = codec.element == Element::Int ? LCR_INT : codec.element == Element::Fp4 ? LCR_FP4 : LCR_FP8;
  tile.bits = codec.bits;
  tile.symmetric = codec.symmetric;
  tile.layout = codec.layout == CodeLayout::Words     ? LCR_WORDS
                : codec.layout == CodeLayout::Nibbles ? LCR_NIBBLES
                : codec.layout == CodeLayout::E4M3    ? LCR_BYTES_E4M3
                                                      : LCR_BYTES;
  tile.scale_dtype = code_of(codec.scale);
  tile.packed_zero_points = codec.packed_zero_points;
  tile.whole_tensor = codec.whole_tensor;
  tile.unit_rows = codec.whole_tensor ? rows : codec.grid.unit_rows;
  tile.unit_columns = codec.whole_tensor ? codec.columns : codec.grid.unit_columns;
  tile.scale_rows = codec.whole_tensor ? 1 : (rows + tile.unit_rows - 1) / tile.unit_rows;
  tile.scale_columns = codec.whole_tensor ? 1 : codec.grid.columns;
  tile.divisor = quantizer.scales.divisor;
  tile.global = codec.global ? global : 1.f;
  tile.exponent_shift = quantizer.scales.exponent_shift;
  tile.exponent_carry = quantizer.scales.exponent_carry;
  tile.lowest = quantizer.codes.lowest;
  tile.highest = quantizer.codes.highest;
  tile.offset = quantizer.codes.offset;
  tile.four_over_six = quantizer.observer.name == "four_over_six";
  tile.shrinks = quantizer.shrinks.data();
  tile.shrink_count = static_cast<int32_t>(quantizer.shrinks.size());
  tile.patience = quantizer.patience;
  tile.norm = quantizer.norm;
}

}  // namespace lcr
