#include <algorithm>
#include <cmath>

#include "backend/formats/strip.h"

namespace lcr {
namespace {

// The codes of a symmetric int1 are -1 and 0: only the negative side has a range.
bool is_negative_only(const Codec& codec) { return codec.element == Element::Int && codec.symmetric && codec.bits == 1; }

// The scales that put each group's largest weight on 4 instead of 6 compete with those already stored.
void choose_four_over_six(const Quantizer& quantizer, const WeightRows& tile, int64_t row, float global, Strip& strip,
                          void* stored) {
  ScaleRule rule = quantizer.scales;
  rule.divisor = 4.f;
  rule.global = global;
  kernels().symmetric_scales(rule, strip.high.data(), quantizer.codec.grid.columns, strip.stored.data());
  kernels().four_over_six(tile.row(row), tile.dtype, quantizer.codec.grid.columns, global,
                          reinterpret_cast<const uint8_t*>(strip.stored.data()), static_cast<uint8_t*>(stored));
}

}  // namespace

bool observe_units(const Quantizer& quantizer, const WeightRows& tile, int64_t row, int64_t rows, Strip& strip) {
  const Codec& codec = quantizer.codec;
  const bool magnitudes = codec.symmetric && !is_negative_only(codec);
  const bool several = rows > 1;
  // Ranges of later rows of a block land beside and are merged.
  std::vector<float> row_low(several ? strip.low.size() : 0), row_high(several ? strip.high.size() : 0);
  for (int64_t i = 0; i < rows; ++i) {
    float* low = i == 0 ? strip.low.data() : row_low.data();
    float* high = i == 0 ? strip.high.data() : row_high.data();
    for_runs(codec, [&](int64_t first, int64_t units, int64_t unit, int64_t column) {
      const void* from = at(tile, row + i, column);
      if (magnitudes)
        kernels().absmax(from, tile.dtype, units, unit, high + first);
      else
        kernels().range(from, tile.dtype, units, unit, low + first, high + first);
    });
    if (i == 0) continue;
    for (size_t unit = 0; unit < strip.high.size(); ++unit) {
      // A NaN replaces a number and stays.
      if (!magnitudes && (row_low[unit] < strip.low[unit] || std::isnan(row_low[unit]))) strip.low[unit] = row_low[unit];
      if (row_high[unit] > strip.high[unit] || std::isnan(row_high[unit])) strip.high[unit] = row_high[unit];
    }
  }
  bool finite = true;
  for (size_t unit = 0; unit < strip.high.size(); ++unit) {
    finite = finite && std::isfinite(strip.high[unit]) && (magnitudes || std::isfinite(strip.low[unit]));
    if (is_negative_only(codec)) strip.high[unit] = -strip.low[unit];
  }
  return finite;
}

void write_scales(const Quantizer& quantizer, const WeightRows& tile, int64_t row, int64_t rows, float global, Strip& strip,
                  void* stored, int8_t* zero_points) {
  const Codec& codec = quantizer.codec;
  if (!quantizer.shrinks.empty() && !codec.whole_tensor) search_ranges(quantizer, tile, row, rows, global, strip);
  ScaleRule rule = quantizer.scales;
  rule.global = global;
  if (codec.symmetric)
    kernels().symmetric_scales(rule, strip.high.data(), codec.grid.columns, stored);
  else
    kernels().asymmetric_scales(rule, strip.low.data(), strip.high.data(), codec.grid.columns, stored, zero_points);
  if (quantizer.observer.name == "four_over_six") choose_four_over_six(quantizer, tile, row, global, strip, stored);
}

}  // namespace lcr
