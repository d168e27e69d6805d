#include "backend/calibrate/moment.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace lcr {
namespace {

// Columns of one block: the products below the diagonal's blocks are left out.
int64_t block_of(int64_t width) { return std::max<int64_t>(512, (width / 6 + 127) / 128 * 128); }

// sum += leftᵀ right; with `upper` the blocks on and above the diagonal.
void add_products(at::Tensor& sum, const at::Tensor& left, const at::Tensor& right, bool upper) {
  const int64_t width = left.size(1), block = upper ? block_of(width) : width;
  const bool wide_result = left.is_cuda() && left.scalar_type() != at::kFloat;
  for (int64_t begin = 0; begin < width; begin += block) {
    const int64_t columns = std::min(block, width - begin), first = upper ? begin : 0;
    at::Tensor rows = left.narrow(1, begin, columns).t(), of = right.narrow(1, first, right.size(1) - first);
    at::Tensor into = sum.narrow(0, begin, columns).narrow(1, first, right.size(1) - first);
    if (wide_result) {
      // Products of 16-bit numbers in the tensor cores, added to the sum by the same kernel.
      at::addmm_out(into, into, rows, of, at::kFloat);
    } else {
      into.addmm_(rows.to(at::kFloat), of.to(at::kFloat));
    }
  }
}

}  // namespace

void ProductSums::add(const at::Tensor& left, const at::Tensor& right, int part, bool upper) {
  if (!total_.defined()) {
    total_ = at::zeros({left.size(1), right.size(1)}, left.options().dtype(at::kFloat));
    part_sum_ = at::zeros_like(total_);
    part_ = part;
  }
  if (part != part_) {
    close_part();
    part_ = part;
  }
  if (left.size(0) > 0) add_products(part_sum_, left, right, upper);
}

void ProductSums::close_part() {
  total_.add_(part_sum_);
  part_sum_.zero_();
}

at::Tensor ProductSums::take() {
  if (!total_.defined()) return {};
  close_part();
  part_sum_ = at::Tensor();
  return std::exchange(total_, {});
}

void SecondMoment::add(const at::Tensor& x, int part) {
  sums_.add(x, x, part, true);
  tokens_ += x.size(0);
}

at::Tensor SecondMoment::mean() {
  at::Tensor sum = sums_.take();
  if (!sum.defined()) return {};
  at::Tensor upper = sum.triu();
  sum = at::Tensor();
  at::Tensor full = upper + upper.triu(1).t();
  return full.div_(static_cast<double>(std::max<int64_t>(1, tokens_)));
}

void CrossMoment::add(const at::Tensor& original, const at::Tensor& x, int part) {
  sums_.add(original, x, part, false);
  tokens_ += x.size(0);
}

at::Tensor CrossMoment::mean() {
  at::Tensor sum = sums_.take();
  return sum.defined() ? sum.div_(static_cast<double>(std::max<int64_t>(1, tokens_))) : sum;
}

void SecondMoments::begin_tile(int part, int64_t rows) {
  if (part != part_ && totals_.defined()) close_part();
  part_ = part;
  tokens_ += rows;
}

void SecondMoments::add(int64_t first, const at::Tensor& x) {
  const int64_t width = x.size(2);
  if (!totals_.defined()) {
    totals_ = at::zeros({count_, width, width}, x.options().dtype(at::kFloat));
    part_sums_ = at::zeros_like(totals_);
  }
  part_sums_.narrow(0, first, x.size(0)).add_(at::bmm(x.transpose(1, 2), x, at::kFloat));
}

void SecondMoments::close_part() {
  totals_.add_(part_sums_);
  part_sums_.zero_();
}

at::Tensor SecondMoments::means() {
  close_part();
  part_sums_ = at::Tensor();
  at::Tensor upper = totals_.triu();
  totals_ = at::Tensor();
  return (upper + upper.triu(1).transpose(1, 2)).div_(static_cast<double>(std::max<int64_t>(1, tokens_)));
}

}  // namespace lcr
