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

void encode_row(const Codec& codec, const CodeRule& rule, const void* row, Dtype dtype, const int8_t* zero_points,
                Strip& strip, void* codes) {
  const bool packs = codec.layout == CodeLayout::Nibbles || (codec.layout == CodeLayout::Words && codec.bits != 8);
  const bool padded = codec.layout == CodeLayout::Words && codec.columns % 4 != 0;
  uint8_t* bytes = packs || padded ? strip.codes.data() : static_cast<uint8_t*>(codes);
  for_runs(codec, [&](int64_t first, int64_t units, int64_t unit, int64_t column) {
    const void* from = static_cast<const char*>(row) + column * size_of(dtype);
    kernels().encode(rule, from, dtype, units, unit, strip.scales.data() + first, zero_points ? zero_points + first : nullptr,
                     bytes + column);
  });
  if (packs || padded)
    kernels().pack(bytes, codec.columns, codec.layout == CodeLayout::Nibbles ? 4 : codec.bits, static_cast<uint8_t*>(codes),
                   codec.code_row_bytes());
}

const uint8_t* code_bytes(const Codec& codec, const void* stored, Strip& strip) {
  const uint8_t* bytes = static_cast<const uint8_t*>(stored);
  const bool packed = codec.layout == CodeLayout::Nibbles || (codec.layout == CodeLayout::Words && codec.bits != 8);
  if (!packed) return bytes;
  kernels().unpack(bytes, codec.columns, codec.layout == CodeLayout::Nibbles ? 4 : codec.bits, strip.codes.data());
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
