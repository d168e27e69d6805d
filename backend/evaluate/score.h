#pragma once

#include <cstdint>

#include "backend/forward/pack.h"
#include "backend/forward/tensor.h"

namespace lcr {

// Sums over scored positions.
struct Score {
  double nll = 0, kl = 0;
  uint64_t tokens = 0, agreeing = 0;
};

// Adds the positions of a pack: in every sequence all rows but the last, each scored by the token after it. `logits`
// [rows, vocabulary]; `reference` alike, or undefined.
void add_score(Score& score, const Pack& pack, const at::Tensor& logits, const at::Tensor& reference);

}  // namespace lcr
