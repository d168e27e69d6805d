#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

// Masks of weights [out, in]: bool of the weight's shape, false where the weight becomes 0 (the keep_mask of solvers).
// Exactly as many as asked for are removed: of equal scores the first in row-major order. Weights are finite.
namespace lcr {

// A share of the weights is removed, or all but `kept` of every `group` consecutive columns of a row.
struct Amount {
  double share = 0;                // 0..1; unused where group > 0
  int64_t kept = 0, group = 0;     // N:M; group divides the columns
};

// How many of n weights a share is, rounded down.
int64_t removed(double share, int64_t n);

// Without the lowest |w| * sqrt(square_norms) of each row, or of each group of columns. `square_norms` f32 [in]: sums or
// means of squares of the inputs. Sun et al. 2023, arXiv 2306.11695. With `keep_zeros` zero weights are removed first and stay
// zero even where there are more than the amount.
at::Tensor wanda_mask(const at::Tensor& weight, const at::Tensor& square_norms, const Amount& amount, bool keep_zeros);

// Without the smallest |w| of the whole tensor, or of each group of columns.
at::Tensor magnitude_mask(const at::Tensor& weight, const Amount& amount);

// Without the weights that are zero already.
at::Tensor existing_mask(const at::Tensor& weight);

// True at the lowest `count` scores of the last dimension, of equal ones at the first.
at::Tensor lowest(const at::Tensor& scores, int64_t count);
// True at the lowest group - kept of every `group` scores of the last dimension.
at::Tensor lowest_of_groups(const at::Tensor& scores, int64_t kept, int64_t group);

// Outlier weighed layerwise sparsity (Yin et al. 2023, arXiv 2310.05175).
// Percentage of a layer's weights whose |w| * norm is above `outlier` times the layer's mean; weights [out, in], norms
// of their inputs f32 [in], one for each.
double outlier_ratio(const std::vector<at::Tensor>& weights, const std::vector<at::Tensor>& norms, double outlier);
// Share to remove from each layer: layers with more outliers lose less, by at most 2 * spread from one to another; the
// mean is `share`. All equal where the ratios are. Clamped to 0..1.
std::vector<double> owl_shares(const std::vector<double>& ratios, double share, double spread);

}  // namespace lcr
