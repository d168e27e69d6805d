#include "backend/algorithms/gptq.h"

#include <algorithm>

#include <ATen/ATen.h>

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
    Part part{members[begin].grid.codec, {}, {}, {}, {}, first};
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

// The sweep's errors are those of the damped H: tr(D (H + A) D^T) with A diagonal, which is taken off again.
double error_of(const Factor& factor, const at::Tensor& row_errors, const at::Tensor& residual) {
  at::Tensor extra = factor.dead.to(at::kFloat).add_(factor.added);
  double damped = row_errors.sum().item<double>();
  return std::max(0.0, damped - residual.square().mul_(extra).sum(at::kDouble).item<double>());
}

}  // namespace

std::vector<Solved> gptq(const std::vector<Solvable>& members, const Factor& factor, const at::Tensor& second,
                         const at::Tensor& cross, const GptqOptions& options) {
  at::Tensor targets = targets_of(members, factor, second, cross, options.dead);
  Stacked stack = stack_of(members, factor, targets);
  solve(factor, options.block, stack);
  at::Tensor decoded = in_place(factor, stack.weights), codes = in_place(factor, stack.codes);
  std::vector<Solved> results;
  for (size_t i = 0; i < members.size(); ++i) {
    auto rows = [&](const at::Tensor& all) { return all.narrow(0, stack.first[i], members[i].weight.size(0)); };
    Solved solved{rows(codes), rows(decoded), members[i].grid};
    at::Tensor target = rows(targets);
    solved.error = error_of(factor, rows(stack.row_errors), target - solved.decoded);
    if (options.refit) refit_scales(solved, target, second);
    if (options.measure) {
      const at::Tensor& weight = members[i].weight;
      solved.reference = (weight.matmul(second) * weight).sum(at::kDouble).item<double>();
    }
    results.push_back(std::move(solved));
  }
  return results;
}

Solved gptq(const at::Tensor& weight, const Grid& grid, const Factor& factor, const at::Tensor& second,
            const at::Tensor& cross, const at::Tensor& keep_mask, const GptqOptions& options) {
  return std::move(gptq({{weight, grid, keep_mask}}, factor, second, cross, options).front());
}

}  // namespace lcr
