#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

// Channels and entries: a smoothing set has one scale an entry; several channels of a reader (those of the query heads
// of one kv head) may share an entry. `entries` i64 [channels] says which; undefined: channel c is entry c.
namespace lcr {

// Largest or mean value of each entry's channels, [width] like `channels`; entries without a channel get 0.
at::Tensor max_by_entry(const at::Tensor& channels, const at::Tensor& entries, int64_t width);
at::Tensor mean_by_entry(const at::Tensor& channels, const at::Tensor& entries, int64_t width);
// The scale of each channel's entry, [channels]; 1 where the entry is -1.
at::Tensor spread_to_channels(const at::Tensor& scale, const at::Tensor& entries);

enum class ActivationMeasure { Range, AbsoluteMax, Log };

// Magnitude f32 [width] of channels whose values lie in low..high: high - low, the larger absolute value, or
// r / log2(2 + r) of the range r.
at::Tensor activation_magnitude(const at::Tensor& low, const at::Tensor& high, ActivationMeasure measure);

// Largest |w| of each column over all of the weights [out, width], f32 [width].
at::Tensor column_absmax(const std::vector<at::Tensor>& weights);

// What readers' columns are multiplied by and writers' rows divided by: a^strength / w^(1-strength) with w = 2 * absmax
// as the reference has it, a where w is 0, at least 1e-5. Xiao et al. 2022, arXiv 2211.10438. All f32 [width].
at::Tensor smoothquant_scale(const at::Tensor& activation, const at::Tensor& weight_absmax, double strength);

}  // namespace lcr
