#include "backend/calibrate/statistics.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lcr {

void InputStatistics::add(const at::Tensor& x, int part) {
  tokens += x.size(0);
  for (auto& [name, observer] : ranges) observer.observe(x, {}, part);
  if (wants_moment) return moment.add(x, part);
  at::Tensor sums = x.to(at::kFloat).square().sum(0, false, at::kDouble);
  squares = squares.defined() ? squares.add_(sums) : sums;
}

void InputStatistics::finish() {
  if (wants_moment) {
    second = moment.mean();
    if (second.defined()) importance = second.diagonal().clone();
  } else if (squares.defined()) {
    importance = (squares / static_cast<double>(std::max<int64_t>(1, tokens))).to(at::kFloat);
    squares = at::Tensor();
  }
  // One non-finite input makes the sum of squares non-finite.
  if (importance.defined()) finite = std::isfinite(importance.sum().item<double>());
}

}  // namespace lcr
