#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "backend/algorithms/grid.h"

// Activation-aware weight scaling: Lin et al. 2023, arXiv 2306.00978; candidates and numerics of spec section 2.9.
namespace lcr {

enum class Duo { On, Off, Both };

// One weight that a smoothing set reads.
struct AwqReader {
  at::Tensor weight;    // [out, in] in the model's dtype
  at::Tensor second;    // second moment of its inputs, f32 [in, in]; readers of one value share the tensor
  at::Tensor entries;   // i64 [in], of each column; undefined: column c is entry c. -1: not scaled
  GridOptions options;  // how the solver after it will round
};

// How much each entry carries of its weights: |w| over the largest of its scale's area, mean over the rows of all
// readers and the columns of an entry. f64 [width].
at::Tensor awq_weight_mean(const std::vector<AwqReader>& readers, int64_t width);

// Scales to try, f64 [width] each, normalised to sqrt(max * min) = 1. `x_mean` f32 [width]: mean |x|; `w_mean` as above,
// unused where duo is Off. On: the activations alone at ratio 0, then grid - 1 ratios 0..1 with the weights.
std::vector<at::Tensor> awq_candidates(const at::Tensor& x_mean, const at::Tensor& w_mean, Duo duo, int64_t grid);

// tr(dW H dWᵀ) with dW = round(w * s) / s - w, rounded to the model's dtype where the file would be: the squared error of
// the linear's output over the rows that H sums. `scale` [in].
double gram_loss(const AwqReader& reader, const at::Tensor& scale);

struct AwqChoice {
  size_t candidate = 0;         // npos where no loss is finite
  double loss = 0;
  std::vector<double> losses;   // of every candidate
  static constexpr size_t npos = static_cast<size_t>(-1);
};

// The least loss; of equal ones the first. Not finite ones are passed over.
AwqChoice choose_awq(std::vector<double> losses);

// loss = linear: the candidate with the least gram_loss summed over the readers.
AwqChoice choose_awq_linear(const std::vector<AwqReader>& readers, const std::vector<at::Tensor>& candidates);

// What block loss runs the block with: round(w * s) / s in the model's dtype.
at::Tensor awq_rounded(const AwqReader& reader, const at::Tensor& scale);

}  // namespace lcr
