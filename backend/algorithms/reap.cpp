#include "backend/algorithms/reap.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "backend/algorithms/prune.h"
#include "compiler/diagnostics/check.h"

namespace lcr {

std::vector<int64_t> experts_to_drop(const at::Tensor& saliency, double share, int64_t groups) {
  at::Tensor values = saliency.to(at::kCPU, at::kDouble).contiguous();
  const double* value = values.const_data_ptr<double>();
  int64_t experts = values.numel();
  groups = std::max<int64_t>(groups, 1);
  LCR_CHECK(experts % groups == 0, "groups of experts are equally large");
  int64_t size = experts / groups, drop = removed(share, experts);
  int64_t each = std::llround(static_cast<double>(drop) / static_cast<double>(groups));
  std::vector<int64_t> dropped;
  for (int64_t group = 0; group < groups; ++group) {
    std::vector<int64_t> order(size);
    std::iota(order.begin(), order.end(), group * size);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return value[a] < value[b]; });
    dropped.insert(dropped.end(), order.begin(), order.begin() + each);
  }
  std::sort(dropped.begin(), dropped.end());
  return dropped;
}

}  // namespace lcr
