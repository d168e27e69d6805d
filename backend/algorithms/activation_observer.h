#pragma once

#include <array>
#include <cstdint>

#include <ATen/core/Tensor.h>

#include "backend/forward/fake_quantize.h"
#include "compiler/language/format.h"
#include "compiler/language/stack.h"

namespace lcr {

// Lowest and highest values that scales cover, f64 on the CPU, [units].
struct UnitRanges {
  at::Tensor low, high;
};

// Finds the static scales of an input, an output or a cache from the values that pass, and the global scale of NVFP4
// inputs. Every scale has its own unit: the tensor, a head, or a group of columns.
//
// Values are counted by part, 0..7: the contiguous eighths of the calibration rows. The result depends on what each part
// saw in what order, not on how parts were interleaved, nor on how they were spread over observers that were merged.
// - minmax: extremes. fixed: nothing is looked at.
// - ema: extremes of each tile, averaged as 1 - rate to rate over the tiles of part 0, then of part 1 and so on.
// - mse, percentile: a count of every value of the 16-bit dtype that the model runs in (65,536 a unit), so exact; values
//   of a float32 model are counted as bfloat16. Percentile: the least magnitude with the share of all values below or
//   at it.
class ActivationObserver {
 public:
  // `width`: columns of a tile; `heads` divides it (1 where there are none). `native`: the model's dtype, in which scales
  // are computed. Format::per is Tensor, Head or Group; formats with a global scale count as
  // one tensor, and take no mse.
  ActivationObserver(const Observer& observer, const Format& format, int64_t width, int64_t heads, at::ScalarType native);

  // x [rows, width] or [rows, heads, width / heads]; mask bool [rows], false: padding; undefined: every row counts. State
  // lives on x's device.
  void observe(const at::Tensor& x, const at::Tensor& mask, int part);
  // Adds what the other saw on the same device; no part is seen by both.
  void merge(const ActivationObserver& other);

  // Whether no tile was seen (never so for fixed), and whether all values were finite: else scales() is of no use.
  bool empty() const;
  bool finite() const;

  // On the CPU, flat, [units], in the dtype that is stored; zero points int8, where the format has them. Formats with a
  // global scale get global_scale f32 [1] alone: 2688 / absmax, 1 where that is not finite.
  ActivationScales scales() const;
  // What the scales cover, zero included.
  UnitRanges range() const;

 private:
  static constexpr int parts = 8;
  struct Average {
    UnitRanges first;  // of the first tile, on the tiles' device
    UnitRanges sum;    // Σ rate (1 - rate)^(tiles after it) · extreme
    int64_t tiles = 0;
  };

  void average(const UnitRanges& tile, Average& average) const;
  void count(const at::Tensor& x, const at::Tensor& mask);
  UnitRanges averaged() const;
  UnitRanges percentile(const UnitRanges& seen) const;

  Observer observer_;
  Format format_;
  int64_t units_ = 1;
  at::ScalarType native_;
  UnitRanges seen_;    // f32, on the tiles' device; undefined before the first value
  at::Tensor counts_;  // i64 [units, 65536] by bit pattern
  std::array<Average, parts> averages_;
};

}  // namespace lcr
