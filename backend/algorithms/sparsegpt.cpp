#include "backend/algorithms/sparsegpt.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

// A block of columns, transposed so that a column lies in one piece: [width, out].
struct Block {
  at::Tensor weight, errors;
  at::Tensor gone;      // bool
  at::Tensor zeros;     // bool: zero from the start, and to stay so; undefined: none
  at::Tensor upper;     // [width, width] of the factor
  at::Tensor dead;      // bool [width]
};

// The removed weights of `count` columns from `first` on; `budget` of them, or by groups along the columns.
void choose(Block& block, int64_t first, int64_t count, const Amount& amount, int64_t budget) {
  auto part = [&](const at::Tensor& whole) { return whole.narrow(0, first, count); };
  at::Tensor score = (part(block.weight) / part(block.upper.diagonal()).unsqueeze(1)).square_();
  score.masked_fill_(part(block.dead).unsqueeze(1), 0);
  if (block.zeros.defined()) score.masked_fill_(part(block.zeros), -std::numeric_limits<double>::infinity());
  at::Tensor gone = amount.group > 0 ? lowest_of_groups(score.t(), amount.kept, amount.group).t()
                                     : lowest(score.t().flatten(), budget).view({score.size(1), count}).t();
  part(block.gone).copy_(block.zeros.defined() ? gone.logical_or(part(block.zeros)) : gone);
}

// Removes column by column; what each removed weight carried moves to the columns after it.
void sweep(Block& block, const Amount& amount) {
  int64_t width = block.weight.size(0);
  for (int64_t i = 0; i < width; ++i) {
    if (amount.group > 0 && i % amount.group == 0) choose(block, i, amount.group, amount, 0);
    at::Tensor column = block.weight[i], error = block.errors[i];
    at::div_out(error, column, block.upper[i][i]).mul_(block.gone[i]);
    column.masked_fill_(block.gone[i], 0);
    if (i + 1 < width)
      block.weight.narrow(0, i + 1, width - i - 1).addr_(block.upper[i].narrow(0, i + 1, width - i - 1), error, 1, -1);
  }
}

}  // namespace

Pruned sparsegpt(const at::Tensor& weight, const Factor& factor, const at::Tensor& second, const Amount& amount,
                 bool keep_zeros, int64_t block_columns) {
  LCR_CHECK(!factor.order.defined(), "sparsegpt goes through the columns as they stand");
  int64_t rows = weight.size(0), columns = weight.size(1);
  if (amount.group > 0) block_columns = (block_columns + amount.group - 1) / amount.group * amount.group;
  // [in, out]: columns contiguous.
  at::Tensor work = weight.to(at::kFloat).t().contiguous();
  if (work.is_alias_of(weight)) work = work.clone();
  at::Tensor gone = at::zeros_like(work, at::kBool), zeros;
  if (keep_zeros) zeros = work == 0;
  for (int64_t first = 0; first < columns; first += block_columns) {
    int64_t width = std::min(block_columns, columns - first), end = first + width;
    Block block{.weight = work.narrow(0, first, width),
                .errors = at::empty_like(work.narrow(0, first, width)),
                .gone = gone.narrow(0, first, width),
                .zeros = keep_zeros ? zeros.narrow(0, first, width) : zeros,
                .upper = factor.upper.narrow(0, first, width).narrow(1, first, width),
                .dead = factor.dead.narrow(0, first, width)};
    if (amount.group == 0) {
      // Rounding of one block is made good by the next.
      int64_t budget = removed(amount.share, rows * end) - removed(amount.share, rows * first);
      choose(block, 0, width, amount, budget);
    }
    sweep(block, amount);
    if (end < columns)
      work.narrow(0, end, columns - end)
          .addmm_(factor.upper.narrow(0, first, width).narrow(1, end, columns - end).t(), block.errors, 1, -1);
  }
  Pruned result{.weight = work.t().contiguous(), .mask = gone.t().logical_not().contiguous()};
  if (second.defined()) {
    at::Tensor lost = result.weight - weight;
    result.error = (at::matmul(lost, second) * lost).sum(at::kDouble).item<double>();
  }
  return result;
}

}  // namespace lcr
