#include "backend/algorithms/search_units.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "backend/algorithms/tensor_codes.h"
#include "backend/algorithms/units.h"

namespace lcr {
namespace {

struct Ranges {
  at::Tensor low, high;
  at::Tensor inverse;  // 1 / largest magnitude; 1 where that is not worth a search
  at::Tensor worth;    // bool
};

Ranges ranges_of(const Codec& codec, const at::Tensor& weight) {
  Ranges ranges;
  std::tie(ranges.low, ranges.high) = unit_ranges(codec, weight);
  at::Tensor most = magnitude_of(codec, ranges.low, ranges.high);
  ranges.worth = (most > 1e-30).logical_and_(most < 1e30);
  ranges.inverse = most.reciprocal().masked_fill_(ranges.worth.logical_not(), 1.f);
  return ranges;
}

// Sums of the errors of each shrink over every unit of a tile: [shrinks, R, C]. Weights are taken relative to their
// unit's magnitude, so that powers of tiny ones do not vanish.
at::Tensor errors_of(const Quantizer& quantizer, const at::Tensor& tile, const at::Tensor& importance, const Ranges& ranges,
                     float global) {
  const Codec& codec = quantizer.codec;
  int64_t rows = tile.size(0);
  at::Tensor values = tile * spread(codec, ranges.inverse, rows);
  std::vector<at::Tensor> sums;
  for (float shrink : quantizer.shrinks) {
    UnitScales trial = scales_between(quantizer, ranges.low * shrink, ranges.high * shrink, global);
    at::Tensor scale = spread(codec, trial.scale * ranges.inverse, rows);
    at::Tensor error = values / scale;
    if (trial.zero.defined()) {
      at::Tensor zero = spread(codec, trial.zero, rows);
      error = nearest_values(quantizer.codes, error.add_(zero)).sub_(zero);
    } else {
      error = nearest_values(quantizer.codes, error);
    }
    error.mul_(scale).sub_(values);
    if (quantizer.norm == 2.f) {
      error.square_();
    } else {
      error.abs_().pow_(quantizer.norm);
    }
    if (importance.defined()) error.mul_(importance);
    sums.push_back(unit_sums(codec, error));
  }
  return at::stack(sums);
}

// The shrink of each unit [R, C], from errors [shrinks, R, C].
at::Tensor best_shrinks(const Quantizer& quantizer, const at::Tensor& errors) {
  at::Tensor least = errors[0].clone(), waited = at::zeros_like(least, at::kInt);
  at::Tensor best = at::full_like(least, quantizer.shrinks[0], at::kFloat);
  for (int64_t trial = 1; trial < errors.size(0); ++trial) {
    at::Tensor better = (errors[trial] < least).logical_and_(waited < quantizer.patience);
    least = at::where(better, errors[trial], least);
    best.masked_fill_(better, quantizer.shrinks[static_cast<size_t>(trial)]);
    waited.add_(1).masked_fill_(better, 0);
  }
  return best;
}

// Squared errors of groups of sixteen e2m1, added by halves as the formats room adds them.
at::Tensor sixteen_errors(const Quantizer& quantizer, const at::Tensor& tile, const at::Tensor& scale) {
  at::Tensor groups = tile.reshape({tile.size(0), -1, 16}), factor = scale.unsqueeze(2);
  at::Tensor error = (groups - nearest_values(quantizer.codes, groups / factor).mul_(factor)).square_();
  for (int64_t half = 8; half > 0; half /= 2) error = error.narrow(2, 0, half) + error.narrow(2, half, half);
  return error.squeeze(2);
}

UnitScales four_over_six(const Quantizer& quantizer, const at::Tensor& tile, const Ranges& ranges, float global) {
  UnitScales six = scales_between(quantizer, ranges.low, ranges.high, global);
  Quantizer other = quantizer;
  other.scales.divisor = 4.f;
  UnitScales four = scales_between(other, ranges.low, ranges.high, global);
  at::Tensor better = sixteen_errors(quantizer, tile, four.scale) < sixteen_errors(quantizer, tile, six.scale);
  return {at::where(better, four.scale, six.scale), at::where(better, four.stored, six.stored), {}};
}

UnitScales shrunk(const Quantizer& quantizer, const Ranges& ranges, const at::Tensor& errors, float global) {
  at::Tensor shrinks = best_shrinks(quantizer, errors).masked_fill_(ranges.worth.logical_not(), 1.f);
  return scales_between(quantizer, ranges.low * shrinks, ranges.high * shrinks, global);
}

// One range, one search: errors of the tiles are added.
UnitScales search_tensor(const Quantizer& quantizer, const at::Tensor& weight, const at::Tensor& importance, int64_t step) {
  Ranges ranges = ranges_of(quantizer.codec, weight);
  if (quantizer.shrinks.empty()) return scales_between(quantizer, ranges.low, ranges.high, 1.f);
  at::Tensor errors;
  for (int64_t row = 0; row < weight.size(0); row += step) {
    at::Tensor tile = weight.narrow(0, row, std::min(step, weight.size(0) - row));
    at::Tensor sums = errors_of(quantizer, tile, importance, ranges, 1.f).to(at::kDouble);
    errors = errors.defined() ? errors + sums : sums;
  }
  return shrunk(quantizer, ranges, errors, 1.f);
}

}  // namespace

UnitScales search_units(const Quantizer& quantizer, const at::Tensor& weight, const at::Tensor& importance, float global) {
  const Codec& codec = quantizer.codec;
  int64_t step = tile_rows(codec, weight.device());
  if (codec.whole_tensor) return search_tensor(quantizer, weight, importance, step);
  std::vector<at::Tensor> scale, stored, zero;
  for (int64_t row = 0; row < weight.size(0); row += step) {
    at::Tensor tile = weight.narrow(0, row, std::min(step, weight.size(0) - row));
    Ranges ranges = ranges_of(codec, tile);
    UnitScales found;
    if (quantizer.observer.name == "four_over_six") {
      found = four_over_six(quantizer, tile, ranges, global);
    } else if (quantizer.shrinks.empty()) {
      found = scales_between(quantizer, ranges.low, ranges.high, global);
    } else {
      found = shrunk(quantizer, ranges, errors_of(quantizer, tile, importance, ranges, global), global);
    }
    scale.push_back(found.scale);
    stored.push_back(found.stored);
    if (found.zero.defined()) zero.push_back(found.zero);
  }
  return {at::cat(scale), at::cat(stored), zero.empty() ? at::Tensor() : at::cat(zero)};
}

}  // namespace lcr
