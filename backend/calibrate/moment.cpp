#include "backend/calibrate/moment.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace lcr {
namespace {

// Columns of one block: the products below the diagonal's blocks are left out.
int64_t block_of(int64_t width) { return std::max<int64_t>(512, (width / 6 + 127) / 128 * 128); }

// sum += xᵀ x, blocks on and above the diagonal.
void add_products(at::Tensor& sum, const at::Tensor& x) {
  const int64_t width = x.size(1), block = block_of(width);
  const bool wide_result = x.is_cuda() && x.scalar_type() != at::kFloat;
  for (int64_t begin = 0; begin < width; begin += block) {
    const int64_t columns = std::min(block, width - begin);
    at::Tensor left = x.narrow(1, begin, columns).t(), right = x.narrow(1, begin, width - begin);
    at::Tensor into = sum.narrow(0, begin, columns).narrow(1, begin, width - begin);
    if (wide_result) {
      // Products of 16-bit numbers in the tensor cores, added to the sum by the same kernel.
      at::addmm_out(into, into, left, right, at::kFloat);
    } else {
      into.addmm_(left.to(at::kFloat), right.to(at::kFloat));
    }
  }
}

}  // namespace

void SecondMoment::add(const at::Tensor& x, int part) {
  if (!total_.defined()) {
    total_ = at::zeros({x.size(1), x.size(1)}, x.options().dtype(at::kFloat));
    part_sum_ = at::zeros_like(total_);
    part_ = part;
  }
  if (part != part_) {
    close_part();
    part_ = part;
  }
  if (x.size(0) == 0) return;
  add_products(part_sum_, x);
  tokens_ += x.size(0);
}

void SecondMoment::close_part() {
  total_.add_(part_sum_);
  part_sum_.zero_();
}

at::Tensor SecondMoment::mean() {
  if (!total_.defined()) return {};
  close_part();
  at::Tensor upper = total_.triu();
  at::Tensor full = upper + upper.triu(1).t();
  total_ = part_sum_ = at::Tensor();
  return full.div_(static_cast<double>(std::max<int64_t>(1, tokens_)));
}

}  // namespace lcr
