#pragma once

#include <algorithm>
#include <cstdint>

// What one step of learning rotations runs on; the price and the run go by the same numbers.
namespace lcr {

// Rows of a step (SpinQuant, arXiv 2405.16406, section 4).
inline constexpr int64_t learned_batch = 8;

// Tokens that go through a layer and back together, whole rows, one at least: enough for the products, few enough that
// their logits stay small.
inline int64_t learned_pack(int64_t vocabulary, int64_t length) {
  constexpr int64_t most_tokens = 2048, most_logits = int64_t{64} << 20;
  return std::max(length, std::min(most_tokens, most_logits / std::max<int64_t>(1, vocabulary)));
}

}  // namespace lcr
