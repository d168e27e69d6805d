#include "backend/algorithms/smooth.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// On the CPU, where the order of additions is fixed; vectors are short.
template <class Function>
void for_entries(const at::Tensor& entries, int64_t width, Function function) {
  at::Tensor host = entries.to(at::kCPU, at::kLong).contiguous();
  const int64_t* entry = host.const_data_ptr<int64_t>();
  for (int64_t c = 0; c < host.numel(); ++c) {
    LCR_CHECK(entry[c] < width, "an entry beyond the scale");
    if (entry[c] >= 0) function(c, entry[c]);
  }
}

}  // namespace

at::Tensor max_by_entry(const at::Tensor& channels, const at::Tensor& entries, int64_t width) {
  if (!entries.defined()) return channels;
  at::Tensor from = channels.to(at::kCPU, at::kDouble).contiguous(), to = at::zeros({width}, at::kDouble);
  const double* value = from.const_data_ptr<double>();
  double* result = to.mutable_data_ptr<double>();
  std::vector<bool> seen(width);
  for_entries(entries, width, [&](int64_t c, int64_t e) {
    result[e] = seen[e] ? std::max(result[e], value[c]) : value[c];
    seen[e] = true;
  });
  return to.to(channels.options());
}

at::Tensor mean_by_entry(const at::Tensor& channels, const at::Tensor& entries, int64_t width) {
  if (!entries.defined()) return channels;
  at::Tensor from = channels.to(at::kCPU, at::kDouble).contiguous(), to = at::zeros({width}, at::kDouble);
  const double* value = from.const_data_ptr<double>();
  double* result = to.mutable_data_ptr<double>();
  std::vector<int64_t> counts(width);
  for_entries(entries, width, [&](int64_t c, int64_t e) { result[e] += value[c], ++counts[e]; });
  for (int64_t e = 0; e < width; ++e) result[e] /= static_cast<double>(std::max<int64_t>(counts[e], 1));
  return to.to(channels.options());
}

at::Tensor spread_to_channels(const at::Tensor& scale, const at::Tensor& entries) {
  if (!entries.defined()) return scale;
  at::Tensor index = entries.to(scale.device(), at::kLong);
  return at::where(index < 0, at::ones({}, scale.options()), scale.index_select(0, index.clamp_min(0)));
}

at::Tensor activation_magnitude(const at::Tensor& low, const at::Tensor& high, ActivationMeasure measure) {
  if (measure == ActivationMeasure::AbsoluteMax) return at::maximum(low.abs(), high.abs()).to(at::kFloat);
  at::Tensor range = (high - low).to(at::kFloat);
  return measure == ActivationMeasure::Range ? range : range / at::log2(range + 2);
}

at::Tensor column_absmax(const std::vector<at::Tensor>& weights) {
  LCR_CHECK(!weights.empty(), "no weights");
  at::Tensor result;
  for (const at::Tensor& weight : weights) {
    at::Tensor largest = weight.abs().amax(0).to(at::kFloat);
    result = result.defined() ? at::maximum(result, largest) : largest;
  }
  return result;
}

at::Tensor smoothquant_scale(const at::Tensor& activation, const at::Tensor& weight_absmax, double strength) {
  at::Tensor a = activation.to(at::kFloat), w = 2 * weight_absmax.to(at::kFloat);
  at::Tensor scale = at::where(w == 0, a, a.pow(strength) / w.pow(1 - strength));
  return scale.clamp_min_(1e-5);
}

}  // namespace lcr
