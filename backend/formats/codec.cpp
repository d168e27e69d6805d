#include "backend/formats/codec.h"

#include <numeric>

namespace lcr {

int64_t Codec::code_row_bytes() const {
  switch (layout) {
    case CodeLayout::Words: return (columns * bits + 31) / 32 * 4;
    case CodeLayout::Nibbles: return (columns + 1) / 2;
    default: return columns;
  }
}

Codec codec_of(const Precision& precision, int64_t out, int64_t in, Dtype model) {
  const Encoding encoding = plan_encoding(precision, out, in, model);
  const Format& weights = *precision.weights;
  Codec codec;
  codec.element = weights.element;
  codec.bits = weights.bits;
  codec.symmetric = weights.symmetric || weights.element != Element::Int;
  codec.layout = encoding.layout;
  codec.grid = encoding.grid;
  codec.rows = out;
  codec.columns = in;
  codec.scale = encoding.find(Part::Scales)->dtype;
  codec.global = weights.global;
  codec.whole_tensor = weights.per == Per::Tensor;
  if (const EncodedTensor* zero_points = encoding.find(Part::ZeroPoints))
    codec.packed_zero_points = zero_points->dtype == Dtype::I32;
  return codec;
}

int64_t row_alignment(const Codec& codec) {
  if (codec.whole_tensor) return 1;
  return std::lcm(codec.grid.unit_rows, codec.packed_zero_points ? int64_t{32} : int64_t{1});
}

}  // namespace lcr
