#pragma once

#include <array>
#include <cstdint>

#include <ATen/core/Tensor.h>

#include "backend/forward/fake_quantize.h"
#include "compiler/language/format.h"
#include "compiler/language/stack.h"

namespace lcr {

// Finds the static scales of an input, an output or a cache from the values that pass, and the global scale of NVFP4
// inputs. Every scale has its own unit: the tensor, a head, or a group of columns.
//
// Values are counted by part, 0..7: the contiguous eighths of the calibration rows. The result depends on what each
// part saw in what order, not on how parts were interleaved or spread over observers that were merged.
// - minmax: extremes; fixed: nothing is looked at.
// - ema: extremes of each tile, averaged as 1 - rate to rate over the tiles of part 0, then of part 1, …
// - mse, percentile: a count of every value of the 16-bit dtype that the model runs in (65,536 a unit), so exact; of a
//   float32 model values are counted rounded to bfloat16.
class ActivationObserver {
 public:
  // `width`: columns of a tile; `heads` divide it (1 where per head does not matter). `native`: the model's dtype, in
  // which scales are computed and stored. Format::per is Tensor, Head or Group; formats with a global scale count as
  // per tensor, whatever their groups.
  ActivationObserver(const Observer& observer, const Format& format, int64_t width, int64_t heads, at::ScalarType native);

  // x [rows, width], or [rows, heads, width / heads]; mask bool [rows], undefined: all rows count. State lives on
  // x's device.
  void observe(const at::Tensor& x, const at::Tensor& mask, int part);
  // Adds what the other saw; a part is seen by one of the two only.
  void merge(const ActivationObserver& other);

  // Whether any value was seen, and whether all were finite; without both scales() is of no use (but for fixed).
  bool empty() const;
  bool finite() const;

  // Scales on the CPU, flat: [1], [heads] or [heads or 1 * groups]; zero points where the format has them, as whole
  // numbers in int8's range. Formats with a global scale get global_scale f32 [1] alone: 2688 / absmax, 1 where that is
  // not finite.
  ActivationScales scales() const;
  // Lowest and highest value that the scales cover, f64 [units], zero included.
  std::array<at::Tensor, 2> range() const;

 private:
  static constexpr int parts = 8;
  struct Average {
    at::Tensor first_low, first_high;  // of the first tile
    at::Tensor low, high;              // Σ rate (1 - rate)^(tiles after) · extreme
    int64_t tiles = 0;
  };

  void count(const at::Tensor& units, int64_t rows);
  std::array<at::Tensor, 2> averaged() const;
  std::array<at::Tensor, 2> percentile() const;
  std::array<at::Tensor, 2> least_error() const;

  Observer observer_;
  Format format_;
  int64_t width_ = 0, units_ = 1;
  at::ScalarType native_;
  at::Tensor low_, high_;            // f32 [units]; undefined before the first value
  at::Tensor counts_;                // i64 [units, 65536] by bit pattern
  std::array<Average, parts> averages_;
};

}  // namespace lcr
