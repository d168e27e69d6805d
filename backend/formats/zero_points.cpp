#include <algorithm>
#include <cstring>

#include "backend/formats/strip.h"

// Packed zero points: for each column of scales, the zero points of consecutive rows are one dense bit stream of offset
// codes, so that 32 rows are `bits` words; word w of column g lies at [w, g].
namespace lcr {

int64_t zero_point_bytes(const Codec& codec, int64_t rows) {
  if (codec.symmetric) return 0;
  if (codec.packed_zero_points) return (rows * codec.bits + 31) / 32 * 4 * codec.grid.columns;
  return rows * codec.grid.columns;
}

void store_zero_points(const Codec& codec, const int8_t* zero_points, int64_t rows, void* stored) {
  const int64_t columns = codec.grid.columns;
  if (!codec.packed_zero_points) {
    std::memcpy(stored, zero_points, static_cast<size_t>(rows * columns));
    return;
  }
  const int64_t words = (rows * codec.bits + 31) / 32;
  uint32_t* out = static_cast<uint32_t*>(stored);
  for (int64_t column = 0; column < columns; ++column) {
    uint8_t codes[32];
    uint32_t packed[8];
    for (int64_t row = 0; row < rows; ++row)
      codes[row] = static_cast<uint8_t>(zero_points[row * columns + column] - codec.lowest());
    kernels().pack(codes, rows, codec.bits, reinterpret_cast<uint8_t*>(packed), words * 4);
    for (int64_t word = 0; word < words; ++word) out[word * columns + column] = packed[word];
  }
}

void load_zero_points(const Codec& codec, const void* stored, int64_t rows, int8_t* zero_points) {
  const int64_t columns = codec.grid.columns;
  if (!codec.packed_zero_points) {
    std::memcpy(zero_points, stored, static_cast<size_t>(rows * columns));
    return;
  }
  const int64_t words = (rows * codec.bits + 31) / 32;
  const uint32_t* in = static_cast<const uint32_t*>(stored);
  for (int64_t column = 0; column < columns; ++column) {
    uint8_t codes[32];
    uint32_t packed[8];
    for (int64_t word = 0; word < words; ++word) packed[word] = in[word * columns + column];
    kernels().unpack(reinterpret_cast<const uint8_t*>(packed), rows, codec.bits, codes);
    for (int64_t row = 0; row < rows; ++row)
      zero_points[row * columns + column] = static_cast<int8_t>(static_cast<int>(codes[row]) + codec.lowest());
  }
}

}  // namespace lcr
