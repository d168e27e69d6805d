#include <algorithm>

#include "backend/formats/strip.h"

namespace lcr {

int64_t strip_rows(const Codec& codec) {
  if (codec.whole_tensor || codec.grid.unit_rows == 1) return 32;
  return row_alignment(codec);
}

Strip::Strip(const Codec& codec) {
  const size_t units = static_cast<size_t>(codec.grid.columns), columns = static_cast<size_t>(codec.columns);
  low.resize(units);
  high.resize(units);
  scales.resize(units);
  stored.resize(units * 4);
  codes.resize(columns);
  const int64_t scale_rows = codec.whole_tensor ? 1 : strip_rows(codec) / codec.grid.unit_rows;
  if (!codec.symmetric) zero_points.resize(units * static_cast<size_t>(scale_rows));
}

namespace {

int stored_bits(const Codec& codec) { return codec.layout == CodeLayout::Nibbles ? 4 : codec.bits; }

}  // namespace

void encode_row(const Codec& codec, const CodeRule& rule, const void* row, Dtype dtype, const int8_t* zero_points,
                Strip& strip, void* codes) {
  uint8_t* out = static_cast<uint8_t*>(codes);
  const bool packs = codec.layout == CodeLayout::Nibbles || (codec.layout == CodeLayout::Words && codec.bits != 8);
  const bool padded = codec.layout == CodeLayout::Words && codec.columns * codec.bits % 32 != 0;
  const bool nibbles = packs && !padded && stored_bits(codec) == 4 && codec.grid.unit_columns % 2 == 0 && codec.columns % 2 == 0;
  const bool staged = (packs || padded) && !nibbles;
  uint8_t* bytes = staged ? strip.codes.data() : out;
  for_runs(codec, [&](int64_t first, int64_t units, int64_t unit, int64_t column) {
    const void* from = static_cast<const char*>(row) + column * size_of(dtype);
    const float* scales = strip.scales.data() + first;
    const int8_t* zeros = zero_points ? zero_points + first : nullptr;
    if (nibbles)
      kernels().encode_nibbles(rule, from, dtype, units, unit, scales, zeros, bytes + column / 2);
    else
      kernels().encode(rule, from, dtype, units, unit, scales, zeros, bytes + column);
  });
  if (staged) kernels().pack(bytes, codec.columns, stored_bits(codec), out, codec.code_row_bytes());
}

const uint8_t* code_bytes(const Codec& codec, const void* stored, Strip& strip) {
  const uint8_t* bytes = static_cast<const uint8_t*>(stored);
  const bool packed = codec.layout == CodeLayout::Nibbles || (codec.layout == CodeLayout::Words && codec.bits != 8);
  if (!packed) return bytes;
  kernels().unpack(bytes, codec.columns, stored_bits(codec), strip.codes.data());
  return strip.codes.data();
}

void decode_row(const Codec& codec, const CodeRule& rule, const void* codes, const int8_t* zero_points, Strip& strip,
                float* out) {
  const uint8_t* bytes = code_bytes(codec, codes, strip);
  for_runs(codec, [&](int64_t first, int64_t units, int64_t unit, int64_t column) {
    kernels().decode(rule, bytes + column, units, unit, strip.scales.data() + first,
                     zero_points ? zero_points + first : nullptr, out + column);
  });
}

}  // namespace lcr
