#include "backend/algorithms/gptq.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "backend/algorithms/quadratic.h"
#include "backend/algorithms/refit.h"
#include "backend/algorithms/sweep.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

using Dead = GptqOptions::Dead;

// Rows that are swept together: of neighbouring members whose grids are alike.
struct Part {
  Codec codec;             // of all its rows
  at::Tensor scale, zero;  // of all its members, one below the other
  at::Tensor units;        // int32 [in]
  at::Tensor keep;         // uint8 [rows, in] or undefined
  int64_t first = 0;       // row
  size_t begin = 0, end = 0;  // members
};

// The rows of all members one below the other, columns in the order of the solve.
struct Stacked {
  at::Tensor weights;       // f32 [rows, in]; becomes the chosen values
  at::Tensor codes;         // uint8 [rows, in]
  at::Tensor row_errors;    // f64 [rows]: squares of the sweep's errors, summed
  std::vector<Part> parts;
  std::vector<int64_t> first;  // row of each member
};

at::Tensor in_order(const Factor& factor, const at::Tensor& columns) {
  return factor.order.defined() ? columns.index_select(1, factor.order) : columns;
}

at::Tensor in_place(const Factor& factor, const at::Tensor& columns) {
  return factor.order.defined() ? columns.index_select(1, at::argsort(factor.order)) : columns;
}

// Rows of all members as they are to be approached, in the columns' own order. For the outputs on the original inputs
// the least squares are those of W C H^-1, C = X_original^T X; it stands for both the residual that GPTAQ hands to later
// columns and the part of it that falls on a column itself.
at::Tensor targets_of(const std::vector<Solvable>& members, const Factor& factor, const at::Tensor& second,
                      const at::Tensor& cross, Dead dead) {
  std::vector<at::Tensor> rows;
  for (const Solvable& member : members) rows.push_back(member.weight);
  at::Tensor targets = at::cat(rows);
  if (dead == Dead::Zero) targets.masked_fill_(factor.dead, 0.f);
  if (!cross.defined()) return targets;
  at::Tensor moved = in_order(factor, targets.matmul(cross - second));
  moved = moved.matmul(factor.upper.t()).matmul(factor.upper);
  return targets.add_(in_place(factor, moved));
}

// Whether rows of both can be swept as those of one weight.
bool alike(const Codec& a, const Codec& b) {
  return a.element == b.element && a.bits == b.bits && a.symmetric == b.symmetric && !a.whole_tensor && !b.whole_tensor &&
         a.grid.unit_rows == b.grid.unit_rows && a.grid.unit_columns == b.grid.unit_columns && a.rows % a.grid.unit_rows == 0;
}

std::vector<Part> parts_of(const std::vector<Solvable>& members, const Factor& factor, const at::Tensor& order) {
  std::vector<Part> parts;
  int64_t first = 0;
  for (size_t begin = 0; begin < members.size();) {
    size_t end = begin + 1;
    while (end < members.size() && alike(members[end - 1].grid.codec, members[end].grid.codec) &&
           !members[end - 1].keep_mask.defined() && !members[end].keep_mask.defined())
      ++end;
    Part part{members[begin].grid.codec, {}, {}, {}, {}, first, begin, end};
    std::vector<at::Tensor> scales, zeros;
    part.codec.rows = 0;
    for (size_t i = begin; i < end; ++i) {
      scales.push_back(members[i].grid.scale);
      if (members[i].grid.zero.defined()) zeros.push_back(members[i].grid.zero);
      part.codec.rows += members[i].weight.size(0);
    }
    part.scale = at::cat(scales);
    if (!zeros.empty()) part.zero = at::cat(zeros);
    part.units = order.div(part.codec.grid.unit_columns, "floor").to(at::kInt);
    if (members[begin].keep_mask.defined()) part.keep = in_order(factor, members[begin].keep_mask).to(at::kByte).contiguous();
    first += part.codec.rows;
    parts.push_back(std::move(part));
    begin = end;
  }
  return parts;
}

Stacked stack_of(const std::vector<Solvable>& members, const Factor& factor, const at::Tensor& targets) {
  Stacked stack;
  stack.weights = factor.order.defined() ? in_order(factor, targets) : targets.clone();
  int64_t rows = targets.size(0), in = targets.size(1), first = 0;
  stack.codes = at::empty({rows, in}, targets.options().dtype(at::kByte));
  stack.row_errors = at::zeros({rows}, targets.options().dtype(at::kDouble));
  for (const Solvable& member : members) {
    LCR_CHECK(member.weight.size(0) == member.grid.codec.rows && in == member.grid.codec.columns, "a grid of another shape");
    stack.first.push_back(first);
    first += member.weight.size(0);
  }
  stack.parts = parts_of(members, factor, factor.order.defined() ? factor.order : at::arange(in, targets.options().dtype(at::kLong)));
  return stack;
}

void sweep_panel(const Factor& factor, Stacked& stack, int64_t begin, int64_t width, const at::Tensor& errors) {
  for (const Part& part : stack.parts) {
    auto rows = [&](const at::Tensor& all) { return all.narrow(0, part.first, part.codec.rows); };
    Panel panel;
    panel.codec = part.codec;
    panel.scale = part.scale;
    panel.zero = part.zero;
    panel.weights = rows(stack.weights).narrow(1, begin, width);
    panel.factor = factor.upper.narrow(0, begin, width).narrow(1, begin, width);
    panel.units = part.units.narrow(0, begin, width);
    if (part.keep.defined()) panel.keep = part.keep.narrow(1, begin, width);
    panel.codes = rows(stack.codes).narrow(1, begin, width);
    panel.errors = rows(errors);
    sweep(panel);
  }
  stack.row_errors.add_(errors.square().sum(1, false, at::kDouble));
}

// What errors [rows, count] of columns begin..begin + count take off the columns first..last.
void correct(const Factor& factor, Stacked& stack, const at::Tensor& errors, int64_t begin, int64_t first, int64_t last) {
  if (first >= last) return;
  at::Tensor rows = factor.upper.narrow(0, begin, errors.size(1)).narrow(1, first, last - first);
  stack.weights.narrow(1, first, last - first).addmm_(errors, rows, 1, -1);
}

void solve(const Factor& factor, int64_t block, Stacked& stack) {
  int64_t rows = stack.weights.size(0), in = stack.weights.size(1);
  at::Tensor errors = at::empty({rows, std::min(block, in)}, stack.weights.options());
  for (int64_t begin = 0; begin < in; begin += block) {
    int64_t end = std::min(in, begin + block);
    for (int64_t at = begin; at < end; at += LCR_PANEL) {
      int64_t width = std::min<int64_t>(LCR_PANEL, end - at);
      at::Tensor panel_errors = errors.narrow(1, at - begin, width);
      sweep_panel(factor, stack, at, width, panel_errors);
      correct(factor, stack, panel_errors, at, at + width, end);
    }
    correct(factor, stack, errors.narrow(1, 0, end - begin), begin, end, in);
  }
}

// The sweep's errors are those of the damped H: tr(D (H + A) D^T) with A diagonal, which is taken off again. f64 scalars.
struct Sums {
  at::Tensor damped, extra, gain, reference;
};

Sums sums_of(const Factor& factor, const at::Tensor& row_errors, const at::Tensor& residual) {
  at::Tensor extra = factor.dead.to(at::kFloat).add_(factor.added);
  const at::Tensor none = at::zeros({}, row_errors.options());
  return {row_errors.sum(), residual.square().mul_(extra).sum(at::kDouble), none, none};
}

// Read together: each transfer waits for the device.
void read_sums(const std::vector<Sums>& sums, std::vector<Solved>& results) {
  std::vector<at::Tensor> all;
  for (const Sums& one : sums)
    for (const at::Tensor& value : {one.damped, one.extra, one.gain, one.reference}) all.push_back(value);
  if (all.empty()) return;
  const at::Tensor read = at::stack(all).cpu();
  const double* values = read.data_ptr<double>();
  for (size_t i = 0; i < results.size(); ++i) {
    const double* own = values + 4 * i;
    results[i].error = std::max(0.0, std::max(0.0, own[0] - own[1]) - own[2]);
    results[i].reference = own[3];
  }
}

// All rows of all members.
struct SolvedRows {
  at::Tensor targets, codes, decoded;
};

// Scales of the members begin..end once more, as those of one weight.
void refit_together(size_t begin, size_t end, const SolvedRows& all, const at::Tensor& second, const Stacked& stack,
                    std::vector<Solved>& results, std::vector<Sums>& sums) {
  std::vector<at::Tensor> scales, stored, zeros;
  RefitRows rows{results[begin].grid, {}, {}, {}};
  rows.grid.codec.rows = 0;
  for (size_t i = begin; i < end; ++i) {
    const Solved& one = results[i];
    scales.push_back(one.grid.scale), stored.push_back(one.grid.stored);
    if (one.grid.zero.defined()) zeros.push_back(one.grid.zero);
    rows.grid.codec.rows += one.codes.size(0);
  }
  rows.grid.scale = at::cat(scales), rows.grid.stored = at::cat(stored);
  if (!zeros.empty()) rows.grid.zero = at::cat(zeros);
  auto own = [&](const at::Tensor& whole) { return whole.narrow(0, stack.first[begin], rows.grid.codec.rows); };
  rows.target = own(all.targets), rows.codes = own(all.codes), rows.decoded = own(all.decoded);
  const at::Tensor gain = refit_scales(rows, second);
  int64_t row = 0, unit = 0;
  for (size_t i = begin; i < end; ++i) {
    const int64_t count = results[i].codes.size(0), units = results[i].grid.scale.size(0);
    results[i].decoded = rows.decoded.narrow(0, row, count);
    results[i].grid.scale = rows.grid.scale.narrow(0, unit, units);
    results[i].grid.stored = rows.grid.stored.narrow(0, unit, units);
    sums[i].gain = gain.narrow(0, unit, units).sum();
    row += count, unit += units;
  }
}

// On a device rows of alike members go together: one launch for all. A global scale is its weight's own.
void refit(const SolvedRows& all, const at::Tensor& second, const Stacked& stack, std::vector<Solved>& results, std::vector<Sums>& sums) {
  for (const Part& part : stack.parts) {
    const bool together = all.targets.is_cuda() && !part.codec.global;
    for (size_t begin = part.begin; begin < part.end;) {
      const size_t end = together ? part.end : begin + 1;
      refit_together(begin, end, all, second, stack, results, sums);
      begin = end;
    }
  }
}

}  // namespace

std::vector<Solved> gptq(const std::vector<Solvable>& members, const Factor& factor, const at::Tensor& second,
                         const at::Tensor& cross, const GptqOptions& options) {
  at::Tensor targets = targets_of(members, factor, second, cross, options.dead);
  Stacked stack = stack_of(members, factor, targets);
  solve(factor, options.block, stack);
  at::Tensor decoded = in_place(factor, stack.weights), codes = in_place(factor, stack.codes);
  stack.weights = at::Tensor(), stack.codes = at::Tensor();
  std::vector<Solved> results;
  std::vector<Sums> sums;
  for (size_t i = 0; i < members.size(); ++i) {
    auto rows = [&](const at::Tensor& all) { return all.narrow(0, stack.first[i], members[i].weight.size(0)); };
    Solved solved{rows(codes), rows(decoded), members[i].grid};
    sums.push_back(sums_of(factor, rows(stack.row_errors), rows(targets) - solved.decoded));
    if (options.measure) sums.back().reference = quadratic(members[i].weight, second, Products::Rounded);
    results.push_back(std::move(solved));
  }
  if (options.refit) refit({targets, codes, decoded}, second, stack, results, sums);
  read_sums(sums, results);
  return results;
}

Solved gptq(const at::Tensor& weight, const Grid& grid, const Factor& factor, const at::Tensor& second,
            const at::Tensor& cross, const at::Tensor& keep_mask, const GptqOptions& options) {
  return std::move(gptq({{weight, grid, keep_mask}}, factor, second, cross, options).front());
}

}  // namespace lcr
