#pragma once

#include <ATen/core/Tensor.h>

namespace lcr {

// Sums of products of rows: tiles into the sum of their eighth of the rows, eighths in order. So the result depends on
// the data alone, not on what stays in memory. Products are exact (inputs of 16 bits on tensor cores) or float32, summed
// in float32.
class ProductSums {
 public:
  // Adds leftᵀ right, of rows in order of their part; `upper`: only blocks on and above the diagonal.
  void add(const at::Tensor& left, const at::Tensor& right, int part, bool upper);
  // The whole sum, which leaves this empty. Undefined when nothing was added.
  at::Tensor take();

 private:
  void close_part();

  at::Tensor total_, part_sum_;
  int part_ = 0;
};

// The second moment of what linears read: the mean over tokens of x xᵀ.
class SecondMoment {
 public:
  // x [tokens, width], any float dtype; tiles come in order of their part.
  void add(const at::Tensor& x, int part);
  // f32 [width, width], symmetric. Undefined when nothing was added.
  at::Tensor mean();
  int64_t tokens() const { return tokens_; }

 private:
  ProductSums sums_;
  int64_t tokens_ = 0;
};

// Of what linears read in the unchanged model and in the rewritten one: the mean over tokens of x₀ xᵀ.
class CrossMoment {
 public:
  // Both [tokens, width], the same tokens; otherwise as SecondMoment.
  void add(const at::Tensor& original, const at::Tensor& x, int part);
  at::Tensor mean();

 private:
  ProductSums sums_;
  int64_t tokens_ = 0;
};

// Of as many values of one width, rows of all of them in every tile: on a device, inputs of 16 bits.
class SecondMoments {
 public:
  explicit SecondMoments(int64_t count) : count_(count) {}
  // Tiles come in order of their part; `rows` of each value follow.
  void begin_tile(int part, int64_t rows);
  // x [n, rows, width]: the values first ..< first + n.
  void add(int64_t first, const at::Tensor& x);
  // f32 [count, width, width], symmetric.
  at::Tensor means();
  int64_t tokens() const { return tokens_; }

 private:
  void close_part();

  int64_t count_;
  at::Tensor totals_, part_sums_;
  int part_ = -1;
  int64_t tokens_ = 0;
};

}  // namespace lcr
