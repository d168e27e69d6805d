#include "naive.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "reference.h"

namespace lcr::tests {
namespace {

// The value that a weight takes on its grid.
double nearest_on_grid(const Grid& grid, int64_t row, int64_t column, double weight, bool keep) {
  if (!keep) return 0;
  const Codec& codec = grid.codec;
  int64_t unit_row = codec.whole_tensor ? 0 : row / codec.grid.unit_rows, unit = column / codec.grid.unit_columns;
  double scale = grid.scale[unit_row][unit].item<double>();
  if (codec.element == Element::Fp8) return reference::value_e4m3(reference::nearest_e4m3(static_cast<float>(weight / scale))) * scale;
  if (codec.element == Element::Fp4) return reference::value_e2m1(reference::nearest_e2m1(static_cast<float>(weight / scale))) * scale;
  double zero = codec.symmetric ? 0 : grid.zero[unit_row][unit].item<double>();
  double code = std::nearbyint(std::min<double>(codec.highest(), std::max<double>(codec.lowest(), weight / scale + zero)));
  return (code - zero) * scale;
}

}  // namespace

at::Tensor random_inputs(int64_t tokens, int64_t in, uint64_t seed) {
  at::Generator random = at::detail::createCPUGenerator(seed);
  at::Tensor hidden = at::randn({tokens, in / 2}, random, at::kDouble);
  at::Tensor mix = at::randn({in / 2, in}, random, at::kDouble);
  at::Tensor own = at::randn({tokens, in}, random, at::kDouble);
  at::Tensor magnitude = at::exp(at::randn({in}, random, at::kDouble) * 0.7);
  return (hidden.matmul(mix) / std::sqrt(static_cast<double>(in) / 2) + own * 0.5) * magnitude;
}

at::Tensor second_moment(const at::Tensor& inputs) {
  return (inputs.t().matmul(inputs) / inputs.size(0)).to(at::kFloat);
}

at::Tensor naive_gptq(const at::Tensor& target, const Grid& grid, const at::Tensor& second, double added,
                      const at::Tensor& order, const at::Tensor& keep_mask) {
  int64_t out = target.size(0), in = target.size(1);
  at::Tensor matrix = second.to(at::kDouble).clone();
  for (int64_t i = 0; i < in; ++i) {
    double diagonal = matrix[i][i].item<double>();
    matrix[i][i] = (diagonal == 0 ? 1.0 : diagonal) + added;
  }
  at::Tensor inverse = at::linalg_inv(matrix), weights = target.to(at::kDouble).clone(), chosen = at::zeros_like(weights);
  for (int64_t step = 0; step < in; ++step) {
    int64_t column = order.defined() ? order[step].item<int64_t>() : step;
    at::Tensor error = at::zeros({out}, at::kDouble);
    for (int64_t row = 0; row < out; ++row) {
      double weight = weights[row][column].item<double>();
      bool keep = !keep_mask.defined() || keep_mask[row][column].item<bool>();
      double value = nearest_on_grid(grid, row, column, weight, keep);
      chosen[row][column] = value;
      error[row] = weight - value;
    }
    at::Tensor direction = inverse[column].clone();
    double pivot = direction[column].item<double>();
    weights.sub_(at::outer(error, direction / pivot));
    inverse.sub_(at::outer(direction, direction / pivot));
  }
  return chosen;
}

double quadratic_error(const at::Tensor& a, const at::Tensor& b, const at::Tensor& second) {
  at::Tensor difference = a.to(at::kDouble) - b.to(at::kDouble);
  return (difference.matmul(second.to(at::kDouble)) * difference).sum().item<double>();
}

}  // namespace lcr::tests
