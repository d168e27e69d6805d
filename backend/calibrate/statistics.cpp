#include "backend/calibrate/statistics.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lcr {

void InputStatistics::add(const at::Tensor& x, int part, const at::Tensor& original) {
  tokens += x.size(0);
  for (auto& [name, observer] : ranges) observer.observe(x, {}, part);
  if (wants_channels && x.size(0) > 0) add_channels(x);
  if (wants_cross) cross_moment.add(original, x, part);
  if (wants_moment) return moment.add(x, part);
  at::Tensor sums = x.to(at::kFloat).square().sum(0, false, at::kDouble);
  squares = squares.defined() ? squares.add_(sums) : sums;
}

void InputStatistics::add_saliency(const at::Tensor& x, const at::Tensor& gates) {
  tokens += x.size(0);
  at::Tensor sum = (at::linalg_vector_norm(x.to(at::kFloat), 2, at::IntArrayRef{1}) * gates.to(at::kFloat)).sum(at::kDouble);
  saliency = saliency.defined() ? saliency.add_(sum) : sum;
}

double InputStatistics::mean_saliency() const {
  return saliency.defined() ? saliency.item<double>() / static_cast<double>(std::max<int64_t>(1, tokens)) : 0;
}

void InputStatistics::add_channels(const at::Tensor& x) {
  at::Tensor sums = x.to(at::kFloat).abs().sum(0, false, at::kDouble);
  auto [low, high] = at::aminmax(x, 0);
  absolute_sum = absolute_sum.defined() ? absolute_sum.add_(sums) : sums;
  lowest = lowest.defined() ? at::minimum(lowest, low.to(at::kFloat)) : low.to(at::kFloat);
  highest = highest.defined() ? at::maximum(highest, high.to(at::kFloat)) : high.to(at::kFloat);
}

void InputStatistics::finish() {
  if (wants_moment) {
    second = moment.mean();
    if (second.defined()) importance = second.diagonal().clone();
  } else if (squares.defined()) {
    importance = (squares / static_cast<double>(std::max<int64_t>(1, tokens))).to(at::kFloat);
    squares = at::Tensor();
  }
  if (wants_cross) cross = cross_moment.mean();
  // One non-finite input makes the sum of squares non-finite.
  if (importance.defined()) finite = std::isfinite(importance.sum().item<double>());
  if (cross.defined()) finite = finite && std::isfinite(cross.sum().item<double>());
}

}  // namespace lcr
