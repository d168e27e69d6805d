#include "backend/algorithms/awq.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "backend/algorithms/smooth.h"
#include "backend/algorithms/units.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// The largest |w| of each weight's unit, [out, in].
at::Tensor unit_largest(const at::Tensor& magnitude, const GridOptions& options) {
  Codec codec = codec_of(options.precision, magnitude.size(0), magnitude.size(1), options.model_dtype);
  return spread(codec, unit_ranges(codec, magnitude).second, magnitude.size(0));
}

at::Tensor candidate(const at::Tensor& x, const at::Tensor& w, double ratio) {
  at::Tensor scale = x.pow(ratio);
  if (w.defined()) scale = scale / (w.pow(1 - ratio) + 1e-4);
  scale = scale.clamp_min(1e-4);
  scale = scale / (scale.max() * scale.min()).sqrt();
  return at::where(at::isfinite(scale), scale, at::ones_like(scale));
}

void add_ratios(std::vector<at::Tensor>& to, const at::Tensor& x, const at::Tensor& w, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    to.push_back(candidate(x, w, count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0));
}

struct Scaled {
  at::Tensor scale;   // f32 [in]
  at::Tensor weight;  // f32 [out, in]
};

std::vector<Scaled> scaled(const std::vector<AwqReader>& readers, const at::Tensor& scale) {
  std::vector<Scaled> result;
  for (const AwqReader& reader : readers) {
    at::Tensor channels = spread_to_channels(scale, reader.entries).to(reader.weight.device(), at::kFloat);
    result.push_back({channels, reader.weight.to(at::kFloat) * channels});
  }
  return result;
}

// Largest magnitudes of readers under one global scale, by their number.
std::map<int64_t, float> fused_largest(const std::vector<AwqReader>& readers, const std::vector<Scaled>& weights) {
  std::map<int64_t, float> largest;
  for (size_t i = 0; i < readers.size(); ++i) {
    if (readers[i].fused < 0 || !readers[i].options.precision.weights->global) continue;
    float& shared = largest[readers[i].fused];
    shared = std::max(shared, weights[i].weight.abs().max().item<float>());
  }
  return largest;
}

at::Tensor rounded(const AwqReader& reader, const Scaled& scaled, std::optional<float> absmax) {
  GridOptions options = reader.options;
  options.absmax = absmax;
  at::Tensor importance;
  // What the solver will see: inputs divided by the scale.
  if (needs_importance(options.observer)) importance = reader.second.diagonal() / scaled.scale.square();
  Grid grid = find_grid(scaled.weight, importance, options);
  return decode(grid, encode(grid, scaled.weight)) / scaled.scale;
}

// Readers of one value, rounded weights less the weights, one below the other.
struct Losses {
  at::Tensor second;
  std::vector<at::Tensor> lost;
};

std::vector<Losses> by_second(const std::vector<AwqReader>& readers, const std::vector<at::Tensor>& rounded) {
  std::vector<Losses> result;
  for (size_t i = 0; i < readers.size(); ++i) {
    at::Tensor lost = rounded[i] - readers[i].weight;
    auto same = std::find_if(result.begin(), result.end(),
                             [&](const Losses& losses) { return losses.second.is_same(readers[i].second); });
    if (same == result.end())
      result.push_back({readers[i].second, {lost}});
    else
      same->lost.push_back(lost);
  }
  return result;
}

}  // namespace

at::Tensor awq_weight_mean(const std::vector<AwqReader>& readers, int64_t width) {
  at::Tensor total;
  int64_t rows = 0;
  for (const AwqReader& reader : readers) {
    at::Tensor magnitude = reader.weight.to(at::kFloat).abs();
    at::Tensor share = magnitude / (unit_largest(magnitude, reader.options) + 1e-6);
    at::Tensor sums = mean_by_entry(share.sum(0, false, at::kDouble), reader.entries, width);
    total = total.defined() ? total + sums : sums;
    rows += reader.weight.size(0);
  }
  LCR_CHECK(rows > 0, "a smoothing set without weights");
  return total / static_cast<double>(rows);
}

std::vector<at::Tensor> awq_candidates(const at::Tensor& x_mean, const at::Tensor& w_mean, Duo duo, int64_t grid) {
  at::Tensor x = x_mean.to(at::kDouble), w = w_mean.defined() ? w_mean.to(at::kDouble) : w_mean;
  std::vector<at::Tensor> result;
  if (duo == Duo::Off) add_ratios(result, x, {}, grid);
  if (duo == Duo::On) {
    add_ratios(result, x, {}, 1);
    add_ratios(result, x, w, grid - 1);
  }
  if (duo == Duo::Both) {
    add_ratios(result, x, {}, grid / 2);
    add_ratios(result, x, w, grid / 2);
  }
  return result;
}

std::vector<at::Tensor> awq_rounded(const std::vector<AwqReader>& readers, const at::Tensor& scale) {
  std::vector<Scaled> weights = scaled(readers, scale);
  std::map<int64_t, float> largest = fused_largest(readers, weights);
  std::vector<at::Tensor> result;
  for (size_t i = 0; i < readers.size(); ++i) {
    auto shared = largest.find(readers[i].fused);
    result.push_back(rounded(readers[i], weights[i],
                             shared == largest.end() ? std::nullopt : std::optional<float>(shared->second)));
  }
  return result;
}

double gram_loss(const std::vector<AwqReader>& readers, const at::Tensor& scale) {
  double loss = 0;
  for (const Losses& losses : by_second(readers, awq_rounded(readers, scale))) {
    at::Tensor lost = at::cat(losses.lost);
    loss += (at::matmul(lost, losses.second) * lost).sum(at::kDouble).item<double>();
  }
  return loss;
}

AwqChoice choose_awq(std::vector<double> losses) {
  AwqChoice choice{.losses = std::move(losses)};
  for (size_t i = 0; i < choice.losses.size(); ++i) {
    if (!std::isfinite(choice.losses[i])) continue;
    if (choice.candidate == AwqChoice::none || choice.losses[i] < choice.losses[choice.candidate]) choice.candidate = i;
  }
  return choice;
}

AwqChoice choose_awq_linear(const std::vector<AwqReader>& readers, const std::vector<at::Tensor>& candidates) {
  std::vector<double> losses;
  for (const at::Tensor& scale : candidates) losses.push_back(gram_loss(readers, scale));
  return choose_awq(std::move(losses));
}

}  // namespace lcr
