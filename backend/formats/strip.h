#pragma once

#include <cstdint>
#include <vector>

#include "backend/formats/quantize.h"

namespace lcr {

// Buffers of the rows in work, one set a call; sized for one codec.
struct Strip {
  explicit Strip(const Codec& codec);

  std::vector<float> low, high;     // range of every unit of one row of scales; symmetric: high holds the magnitude
  std::vector<float> scales;        // fp32 scale of every unit
  std::vector<int8_t> zero_points;  // of strip_rows() rows of scales
  std::vector<uint8_t> codes;       // one byte a code of one row
  std::vector<char> stored;         // one row of scales in the stored dtype
  std::vector<float> values, decoded;
};

// Rows worked on together: those of one row of scales, or of one run of zero-point words.
int64_t strip_rows(const Codec& codec);

// Calls run(first unit, units, unit, first column) for the whole units of a row, then for a narrower last one.
template <class Run>
void for_runs(const Codec& codec, Run run) {
  const int64_t unit = codec.grid.unit_columns, units = codec.columns / unit, rest = codec.columns % unit;
  if (units > 0) run(int64_t{0}, units, unit, int64_t{0});
  if (rest > 0) run(units, int64_t{1}, rest, units * unit);
}

// The tile's row, from a column on.
inline const void* at(const WeightRows& tile, int64_t row, int64_t column) {
  return static_cast<const char*>(tile.row(row)) + column * size_of(tile.dtype);
}

// Ranges of one row of scales: `rows` rows of the tile from `row` on. False when a weight is not finite.
bool observe_units(const Quantizer& quantizer, const WeightRows& tile, int64_t row, int64_t rows, Strip& strip);

// From strip.low and strip.high to stored scales and zero points (strip.zero_points at `zero_points`).
void write_scales(const Quantizer& quantizer, const WeightRows& tile, int64_t row, int64_t rows, float global, Strip& strip,
                  void* stored, int8_t* zero_points);

// Replaces strip.low and strip.high by the shrunk range of least error, unit by unit.
void search_ranges(const Quantizer& quantizer, const WeightRows& tile, int64_t row, int64_t rows, float global, Strip& strip);

// Codes of one row with strip.scales, as stored.
void encode_row(const Codec& codec, const CodeRule& rule, const void* row, Dtype dtype, const int8_t* zero_points,
                Strip& strip, void* codes);

// One byte a code of one stored row, into strip.codes or where they already lie so.
const uint8_t* code_bytes(const Codec& codec, const void* stored, Strip& strip);

// fp32 values of one stored row with strip.scales.
void decode_row(const Codec& codec, const CodeRule& rule, const void* codes, const int8_t* zero_points, Strip& strip,
                float* out);

// Zero points of up to strip_rows() rows of scales, rows x units bytes here, to and from the stored layout.
void store_zero_points(const Codec& codec, const int8_t* zero_points, int64_t rows, void* stored);
void load_zero_points(const Codec& codec, const void* stored, int64_t rows, int8_t* zero_points);
// Bytes of the stored zero points of so many rows of scales.
int64_t zero_point_bytes(const Codec& codec, int64_t rows);

}  // namespace lcr
