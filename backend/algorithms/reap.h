#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace lcr {

// Router-weighted expert activation pruning (Lasby et al. 2025, arXiv 2510.13999): the experts of a layer with the lowest
// mean of gate weight times output norm, ascending by index. `saliency` f64 [experts]: means over the rows routed to
// each; 0 for one that got none. `share` of the experts is dropped, rounded down; with `groups` > 1 (group-limited
// routing) equally many in each of the contiguous groups, rounded to nearest. Of equal ones the first.
std::vector<int64_t> experts_to_drop(const at::Tensor& saliency, double share, int64_t groups);

}  // namespace lcr
