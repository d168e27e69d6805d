#include "backend/algorithms/refit.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "backend/algorithms/tensor_codes.h"
#include "backend/algorithms/tensor_scales.h"
#include "backend/algorithms/units.h"
#include "backend/formats/quantize.h"

namespace lcr {
namespace {

// Code minus zero point: what scales multiply.
at::Tensor multipliers(const Grid& grid, const at::Tensor& codes) {
  Grid ones = grid;
  ones.scale = at::ones_like(grid.scale);
  return decode(ones, codes);
}

// One column of units: its multipliers c, the gradient d = (residual H) at its columns, and its block of H.
struct Step {
  at::Tensor multipliers, gradient, second;
};

// By how much the scales [R] of the unit column may change: the least error, stored. Adds what the error falls by, [R].
at::Tensor change_of(Grid& grid, int64_t unit, const Step& step, at::Tensor& gain) {
  const Codec& codec = grid.codec;
  auto per_unit = [&](const at::Tensor& rows) { return unit_row_sums(codec, rows.unsqueeze(1)).squeeze(1); };
  at::Tensor slope = per_unit((step.multipliers * step.gradient).sum(1));
  at::Tensor bend = per_unit((step.multipliers.matmul(step.second) * step.multipliers).sum(1));
  at::Tensor scale = grid.scale.select(1, unit), stored = grid.stored.select(1, unit);
  at::Tensor wanted = (scale + slope / bend).nan_to_num(0, 0, 0);
  at::Tensor fitted = nearest_stored(codec.scale, codec.global ? wanted * grid.global : wanted);
  at::Tensor changed = codec.global ? divided(fitted, grid.global) : fitted;
  at::Tensor change = changed - scale;
  at::Tensor falls = change * (slope * 2 - change * bend);
  at::Tensor better = (falls > 0).logical_and_(changed > 0).logical_and_(changed.isfinite());
  stored.copy_(at::where(better, fitted, stored));
  scale.copy_(at::where(better, changed, scale));
  gain.add_(falls.masked_fill(better.logical_not(), 0));
  return change.masked_fill_(better.logical_not(), 0);
}

}  // namespace

at::Tensor refit_scales(RefitRows& refitted, const at::Tensor& second) {
  Grid& grid = refitted.grid;
  const Codec& codec = grid.codec;
  grid.scale = grid.scale.clone();
  grid.stored = grid.stored.clone();
  at::Tensor multiples = multipliers(grid, refitted.codes), residual = refitted.target - refitted.decoded;
  int64_t rows = codec.rows, columns = codec.columns, width = codec.grid.unit_columns;
  // Several units a product with H; inside of such a panel the gradient is kept up to date.
  int64_t panel = std::max<int64_t>(1, 128 / width) * width;
  at::Tensor gain = at::zeros({grid.scale.size(0)}, residual.options().dtype(at::kDouble));
  for (int64_t begin = 0; begin < columns; begin += panel) {
    int64_t length = std::min(panel, columns - begin);
    at::Tensor gradient = residual.matmul(second.narrow(1, begin, length));
    for (int64_t first = begin; first < begin + length; first += width) {
      int64_t count = std::min(width, columns - first);
      at::Tensor unit = multiples.narrow(1, first, count);
      at::Tensor block = second.narrow(0, first, count);
      Step step{unit, gradient.narrow(1, first - begin, count), block.narrow(1, first, count)};
      at::Tensor change = change_of(grid, first / width, step, gain);
      at::Tensor moved = unit * spread_rows(codec, change.unsqueeze(1), rows);
      residual.narrow(1, first, count).sub_(moved);
      if (first + count < begin + length) gradient.sub_(moved.matmul(block.narrow(1, begin, length)));
    }
  }
  refitted.decoded = decode(grid, refitted.codes);
  return gain;
}

}  // namespace lcr
