#include "backend/calibrate/statistics.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "backend/forward/device_kernels.h"

namespace lcr {
namespace {

// In one pass.
Columns measure_columns(const at::Tensor& x) {
  const int64_t width = x.size(1), chunks = device_kernels().column_chunks(x.size(0));
  const at::TensorOptions options = x.options();
  at::Tensor sums = at::empty({2, chunks, width}, options.dtype(at::kDouble)), ends = at::empty({2, chunks, width}, options.dtype(at::kFloat));
  lcr_cuda_columns columns{};
  columns.x = x.data_ptr();
  columns.dtype = device_dtype(x);
  columns.rows = x.size(0);
  columns.width = width;
  columns.magnitudes = sums.data_ptr<double>();
  columns.squares = columns.magnitudes + chunks * width;
  columns.lowest = ends.data_ptr<float>();
  columns.highest = columns.lowest + chunks * width;
  columns.chunks = chunks;
  call_kernel(x, device_kernels().measure_columns, columns);
  return {sums[0][0].clone(), sums[1][0].clone(), ends[0][0].clone(), ends[1][0].clone()};
}

}  // namespace

void InputStatistics::add(const at::Tensor& read, int part, const at::Tensor& read_before) {
  auto turned = [&](const at::Tensor& rows) { return rotation && rows.defined() ? rotated(rows, *rotation) : rows; };
  const at::Tensor x = turned(read), original = turned(read_before);
  tokens += x.size(0);
  for (auto& [name, observer] : ranges) observer.observe(x, {}, part);
  if (wants_moment) moment.add(x, part);
  if (wants_cross) cross_moment.add(original, x, part);
  if (x.size(0) == 0 || (wants_moment && !wants_channels)) return;
  if (device_kernels().measure_columns != nullptr && takes_half(x)) return add_columns(measure_columns(x));
  if (wants_channels) add_channels(x);
  if (wants_moment) return;
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

void InputStatistics::add_columns(const Columns& columns) {
  if (!wants_moment) squares = squares.defined() ? squares.add_(columns.squares) : columns.squares;
  if (!wants_channels) return;
  absolute_sum = absolute_sum.defined() ? absolute_sum.add_(columns.magnitudes) : columns.magnitudes;
  lowest = lowest.defined() ? at::minimum(lowest, columns.lowest) : columns.lowest;
  highest = highest.defined() ? at::maximum(highest, columns.highest) : columns.highest;
}

void InputStatistics::add_channels(const at::Tensor& x) {
  at::Tensor sums = x.to(at::kFloat).abs().sum(0, false, at::kDouble);
  auto [low, high] = at::aminmax(x, 0);
  absolute_sum = absolute_sum.defined() ? absolute_sum.add_(sums) : sums;
  lowest = lowest.defined() ? at::minimum(lowest, low.to(at::kFloat)) : low.to(at::kFloat);
  highest = highest.defined() ? at::maximum(highest, high.to(at::kFloat)) : high.to(at::kFloat);
}

void InputStatistics::take(const at::Tensor& mean, int64_t seen) {
  second = mean;
  tokens = seen;
}

void InputStatistics::finish() {
  if (wants_moment) {
    if (!second.defined()) second = moment.mean();
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
