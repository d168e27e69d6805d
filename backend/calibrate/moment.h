#pragma once

#include <ATen/core/Tensor.h>

namespace lcr {

// The second moment of what linears read: the mean over tokens of x xᵀ. Products are exact (inputs of 16 bits on tensor
// cores) or float32, summed in float32: tiles into the sum of their eighth of the rows, eighths in order. So the result
// depends on the data alone, not on what stays in memory.
class SecondMoment {
 public:
  // x [tokens, width], any float dtype; tiles come in order of their part.
  void add(const at::Tensor& x, int part);
  // f32 [width, width], symmetric. Undefined when nothing was added.
  at::Tensor mean();
  int64_t tokens() const { return tokens_; }

 private:
  void close_part();

  at::Tensor total_, part_sum_;  // upper triangle by blocks
  int part_ = 0;
  int64_t tokens_ = 0;
};

}  // namespace lcr
