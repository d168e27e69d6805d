#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "backend/algorithms/grid.h"

// Activation-aware weight scaling (Lin et al. 2023, arXiv 2306.00978): scales that make the weights that matter round
// better, chosen among powers of the activations' and the weights' magnitudes.
namespace lcr {

enum class Duo { On, Off, Both };

// One weight that a smoothing set reads.
struct AwqReader {
  at::Tensor weight;    // [out, in], any float dtype
  at::Tensor second;    // f32 [in, in], mean of x xᵀ; readers of one value share the tensor. Block loss: undefined, but
                        // where the observer needs importance
  at::Tensor entries;   // i64 [in], of each column into the scale, -1: not scaled; undefined: column c is entry c
  GridOptions options;  // how the solver rounds after it; absmax is not looked at
  int64_t fused = -1;   // readers with the same number share their global scale
  // The weight as it is rounded and back, where a rotation comes between; both empty without.
  std::function<at::Tensor(const at::Tensor&)> rotate, restore;
};

// How much each entry carries of its weights: |w| over the largest |w| of its area of one scale, mean over the rows of all
// readers and over an entry's columns. f64 [width].
at::Tensor awq_weight_mean(const std::vector<AwqReader>& readers, int64_t width);

// Scales to try, f64 [width] each, with sqrt(max * min) = 1. x_mean [width]: mean |x|; w_mean as above, unused where duo
// is Off. Ratios run evenly over 0..1. Off: x^r. On: first ratio 0 of those, then grid - 1 of x^r / w^(1-r). Both: half of
// the grid each.
std::vector<at::Tensor> awq_candidates(const at::Tensor& x_mean, const at::Tensor& w_mean, Duo duo, int64_t grid);

// What the readers compute with under a scale, round(w * s) / s, f32 [out, in] each: for block loss.
std::vector<at::Tensor> awq_rounded(const std::vector<AwqReader>& readers, const at::Tensor& scale);

// Σ tr(dW H dWᵀ) over the readers, dW = round(w * s) / s - w: the mean square error of their outputs on the rows that H
// is of, summed over the outputs.
double gram_loss(const std::vector<AwqReader>& readers, const at::Tensor& scale);

struct AwqChoice {
  static constexpr size_t none = static_cast<size_t>(-1);
  size_t candidate = none;     // none: no loss is finite
  std::vector<double> losses;  // of every candidate
};

// The least loss; of equal ones the first.
AwqChoice choose_awq(std::vector<double> losses);

// loss = linear: by gram_loss.
AwqChoice choose_awq_linear(const std::vector<AwqReader>& readers, const std::vector<at::Tensor>& candidates);

}  // namespace lcr
