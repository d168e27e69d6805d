#include "backend/formats/search.h"

#include <algorithm>

#include "backend/formats/strip.h"

namespace lcr {
namespace {

// Scales and zero points of every shrink of one range.
struct Trials {
  std::vector<float> low, high, scales;
  std::vector<int8_t> zero_points;
  std::vector<char> stored;
  explicit Trials(size_t count) : low(count), high(count), scales(count), zero_points(count), stored(count * 4) {}
};

void fill(const Quantizer& quantizer, float low, float high, float global, Trials& trials) {
  const int64_t count = static_cast<int64_t>(quantizer.shrinks.size());
  for (int64_t i = 0; i < count; ++i) {
    trials.low[i] = low * quantizer.shrinks[i];
    trials.high[i] = high * quantizer.shrinks[i];
  }
  ScaleRule rule = quantizer.scales;
  rule.global = global;
  if (quantizer.codec.symmetric)
    kernels().symmetric_scales(rule, trials.high.data(), count, trials.stored.data());
  else
    kernels().asymmetric_scales(rule, trials.low.data(), trials.high.data(), count, trials.stored.data(),
                                trials.zero_points.data());
  kernels().load_scales(quantizer.codec.scale, trials.stored.data(), count, quantizer.codec.global ? global : 1.f,
                        trials.scales.data());
}

// Errors are taken relative to the range, so that powers of tiny weights do not vanish. Zero where there is no range
// worth a search.
float inverse_range(const Quantizer& quantizer, float low, float high) {
  const float most = quantizer.codec.symmetric ? high : std::max(-low, high);
  return most > 1e-30f && most < 1e30f ? 1.f / most : 0.f;
}

float error_of(const Quantizer& quantizer, const Trials& trials, size_t trial, const float* x, int64_t count, float weight) {
  const float zero = quantizer.codec.symmetric ? 0.f : static_cast<float>(trials.zero_points[trial]);
  return kernels().trial_error(quantizer.codes, x, count, trials.scales[trial], zero, weight, quantizer.norm);
}

}  // namespace

void search_ranges(const Quantizer& quantizer, const WeightRows& tile, int64_t row, int64_t rows, float global, Strip& strip) {
  Trials trials(quantizer.shrinks.size());
  std::vector<float> values;
  for_runs(quantizer.codec, [&](int64_t first, int64_t units, int64_t unit, int64_t column) {
    values.resize(static_cast<size_t>(rows * unit));
    for (int64_t u = 0; u < units; ++u) {
      float& low = strip.low[first + u];
      float& high = strip.high[first + u];
      const float weight = inverse_range(quantizer, low, high);
      if (weight == 0.f) continue;
      for (int64_t i = 0; i < rows; ++i)
        kernels().widen(at(tile, row + i, column + u * unit), tile.dtype, unit, values.data() + i * unit);
      fill(quantizer, low, high, global, trials);
      size_t best = 0;
      double least = 0;
      int waited = 0;
      for (size_t trial = 0; trial < quantizer.shrinks.size() && waited < quantizer.patience; ++trial) {
        double error = 0;
        for (int64_t i = 0; i < rows; ++i)
          error += error_of(quantizer, trials, trial, values.data() + i * unit, unit, weight);
        const bool better = trial == 0 || error < least;
        if (better) best = trial, least = error;
        waited = better ? 0 : waited + 1;
      }
      low = trials.low[best];
      high = trials.high[best];
    }
  });
}

void add_tensor_errors(const Quantizer& quantizer, const WeightRows& tile, const TensorRange& observed,
                       std::vector<int64_t>& errors) {
  errors.resize(quantizer.shrinks.size());
  const float high = quantizer.codec.symmetric ? std::max(-observed.low, observed.high) : observed.high;
  const float weight = inverse_range(quantizer, observed.low, high);
  if (weight == 0.f) return;
  Trials trials(quantizer.shrinks.size());
  fill(quantizer, observed.low, high, 1.f, trials);
  std::vector<float> values(static_cast<size_t>(tile.columns));
  for (int64_t row = 0; row < tile.rows; ++row) {
    kernels().widen(tile.row(row), tile.dtype, tile.columns, values.data());
    for (size_t trial = 0; trial < errors.size(); ++trial)
      errors[trial] += static_cast<int64_t>(
          static_cast<double>(error_of(quantizer, trials, trial, values.data(), tile.columns, weight)) * 0x1p30);
  }
}

TensorRange best_range(const Quantizer& quantizer, const TensorRange& observed, const std::vector<int64_t>& errors) {
  if (errors.empty()) return observed;
  const float shrink = quantizer.shrinks[static_cast<size_t>(std::min_element(errors.begin(), errors.end()) - errors.begin())];
  return {observed.low * shrink, observed.high * shrink};
}

}  // namespace lcr
