#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "backend/data/calibration.h"
#include "backend/forward/pack.h"

namespace lcr {

// Tokens that run through the model together: whole rows, so that the grouping and with it every rounding follows from
// the data alone, never from memory.
struct CalibrationTile {
  Pack pack;
  int part = 0;        // which contiguous eighth of the rows they are of; a tile never lies in two
  at::Tensor counted;  // bool [tokens]; undefined: all count in statistics
};

inline constexpr int calibration_parts = 8;

// Rows in order, as many together as `tokens` hold (one at least).
std::vector<CalibrationTile> cut_tiles(const CalibrationSet& set, int64_t tokens);

}  // namespace lcr
