#include "backend/algorithms/awq.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "backend/algorithms/device_rounding.h"
#include "backend/algorithms/quadratic.h"
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

// What each reader's columns are multiplied by under every candidate, f32 [candidates, in] each, where its weight is. Once
// for all: each transfer waits for the device.
std::vector<at::Tensor> channels_of(const std::vector<AwqReader>& readers, const std::vector<at::Tensor>& scales) {
  std::vector<at::Tensor> result;
  for (const AwqReader& reader : readers) {
    std::vector<at::Tensor> rows;
    for (const at::Tensor& scale : scales) rows.push_back(spread_to_channels(scale, reader.entries).to(at::kFloat));
    result.push_back(at::stack(rows).to(reader.weight.device()));
  }
  return result;
}

// Candidate `c` of a reader.
struct Trial {
  const AwqReader& reader;
  at::Tensor channels;  // f32 [in]
};

std::vector<Trial> trials_of(const std::vector<AwqReader>& readers, const std::vector<at::Tensor>& channels, int64_t c) {
  std::vector<Trial> trials;
  for (size_t r = 0; r < readers.size(); ++r) trials.push_back({readers[r], channels[r][c]});
  return trials;
}

// What is rounded, f32.
at::Tensor moved_weight(const AwqReader& reader, const at::Tensor& channels) {
  const at::Tensor moved = reader.weight.to(at::kFloat) * channels;
  return reader.rotate ? reader.rotate(moved) : moved;
}

// Largest magnitudes of readers under one global scale, by their number.
std::map<int64_t, float> fused_largest(const std::vector<Trial>& trials) {
  std::map<int64_t, float> largest;
  for (const Trial& trial : trials) {
    if (trial.reader.fused < 0 || !trial.reader.options.precision.weights->global) continue;
    float& shared = largest[trial.reader.fused];
    shared = std::max(shared, moved_weight(trial.reader, trial.channels).abs().max().item<float>());
  }
  return largest;
}

// round(w * s) / s into `out`, f32 [out, in]; with `difference` less w.
void round_into(at::Tensor out, const Trial& trial, const std::map<int64_t, float>& largest, bool difference) {
  const AwqReader& reader = trial.reader;
  const at::Tensor& channels = trial.channels;
  GridOptions options = reader.options;
  if (auto shared = largest.find(reader.fused); shared != largest.end()) options.absmax = shared->second;
  const Codec codec = codec_of(options.precision, reader.weight.size(0), reader.weight.size(1), options.model_dtype);
  if (!reader.rotate && !needs_importance(options.observer) && !(codec.global && !options.absmax)) {
    const Quantizer quantizer =
        make_quantizer(options.precision, options.observer, reader.weight.size(0), reader.weight.size(1), options.model_dtype);
    if (rounds_on_device(quantizer, reader.weight)) {
      const float global = codec.global ? global_scale(*options.absmax) : 1.f;
      round_on_device(quantizer, reader.weight, {channels, {}, global, out, difference});
      return;
    }
  }
  at::Tensor importance;
  // What the solver will see: inputs divided by the scale.
  if (needs_importance(options.observer)) importance = reader.second.diagonal() / channels.square();
  const at::Tensor rounding = moved_weight(reader, channels);
  const Grid grid = find_grid(rounding, importance, options);
  const at::Tensor decoded = decode(grid, encode(grid, rounding));
  at::Tensor rounded = (reader.restore ? reader.restore(decoded) : decoded) / channels;
  out.copy_(difference ? rounded.sub_(reader.weight) : rounded);
}

// Readers of one value.
std::vector<std::vector<const Trial*>> by_second(const std::vector<Trial>& trials) {
  std::vector<std::vector<const Trial*>> result;
  for (const Trial& trial : trials) {
    auto same = std::find_if(result.begin(), result.end(),
                             [&](const auto& group) { return group.front()->reader.second.is_same(trial.reader.second); });
    if (same == result.end())
      result.push_back({&trial});
    else
      same->push_back(&trial);
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
  const std::vector<Trial> trials = trials_of(readers, channels_of(readers, {scale}), 0);
  const std::map<int64_t, float> largest = fused_largest(trials);
  std::vector<at::Tensor> result;
  for (const Trial& trial : trials) {
    result.push_back(at::empty(trial.reader.weight.sizes(), trial.reader.weight.options().dtype(at::kFloat)));
    round_into(result.back(), trial, largest, /*difference=*/false);
  }
  return result;
}

namespace {

// f64 scalar, where the weights are.
at::Tensor gram_loss_of(const std::vector<Trial>& trials) {
  const std::map<int64_t, float> largest = fused_largest(trials);
  at::Tensor loss;
  for (const auto& group : by_second(trials)) {
    const AwqReader& head = group.front()->reader;
    int64_t rows = 0;
    for (const Trial* trial : group) rows += trial->reader.weight.size(0);
    // Rounded weights less the weights, one below the other.
    at::Tensor lost = at::empty({rows, head.weight.size(1)}, head.weight.options().dtype(at::kFloat));
    int64_t first = 0;
    for (const Trial* trial : group) {
      const int64_t count = trial->reader.weight.size(0);
      round_into(lost.narrow(0, first, count), *trial, largest, /*difference=*/true);
      first += count;
    }
    at::Tensor one = quadratic(lost, head.second);
    loss = loss.defined() ? loss + one : one;
  }
  return loss;
}

}  // namespace

double gram_loss(const std::vector<AwqReader>& readers, const at::Tensor& scale) {
  return gram_loss_of(trials_of(readers, channels_of(readers, {scale}), 0)).item<double>();
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
  std::vector<at::Tensor> losses;
  const std::vector<at::Tensor> channels = candidates.empty() ? std::vector<at::Tensor>{} : channels_of(readers, candidates);
  for (size_t c = 0; c < candidates.size(); ++c)
    losses.push_back(gram_loss_of(trials_of(readers, channels, static_cast<int64_t>(c))));
  // Once for all: each transfer waits for the device.
  const at::Tensor all = losses.empty() ? at::empty({0}, at::kDouble) : at::stack(losses).cpu();
  return choose_awq({all.data_ptr<double>(), all.data_ptr<double>() + all.numel()});
}

}  // namespace lcr
