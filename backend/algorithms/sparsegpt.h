#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "backend/algorithms/gptq.h"
#include "backend/algorithms/prune.h"

namespace lcr {

struct Pruned {
  at::Tensor weight;  // f32 [out, in], zero where the mask is false
  at::Tensor mask;    // bool [out, in], false where removed
  double error = 0;   // tr(dW H dWᵀ); 0 where `second` is undefined
};

// Frantar, Alistarh 2023, arXiv 2301.00774: blocks of `block` columns from left to right; in each the weights with the
// lowest w² / diag(U)² go, counted over all rows of the block together (a share) or in every group of columns (N:M), and
// what they carried moves to the columns on their right. `weight` f32 [out, in]; `factor` in natural column order, of
// the second moment `second` f32 [in, in]. Exactly the share of the whole matrix goes;
// columns whose input was always 0 go first.
// With `keep_zeros` zero weights are removed first and stay zero even where there are more than the amount.
Pruned sparsegpt(const at::Tensor& weight, const Factor& factor, const at::Tensor& second, const Amount& amount,
                 bool keep_zeros, int64_t block);

}  // namespace lcr
