#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "backend/algorithms/gptq.h"
#include "backend/algorithms/prune.h"

namespace lcr {

struct Pruned {
  at::Tensor weight;  // f32 [out, in], zero where the mask says so
  at::Tensor mask;    // bool [out, in], true where removed
  double error = 0;   // tr(dW H dWᵀ) over the second moment that the caller gave
};

// Frantar, Alistarh 2023, arXiv 2301.00774: blocks of `block` columns from left to right; in each the weights with the
// lowest w² / diag(U)² go, counted over all rows of the block together (a share) or in every group of columns (N:M), and
// what they carried moves to the columns on their right. `weight` f32 [out, in]; `factor` in natural column order, of
// the second moment `second` f32 [in, in]. The share is exact over the whole matrix.
// With `keep_zeros` zero weights are removed first and stay zero even where there are more than the amount.
Pruned sparsegpt(const at::Tensor& weight, const Factor& factor, const at::Tensor& second, const Amount& amount,
                 bool keep_zeros, int64_t block);

}  // namespace lcr
