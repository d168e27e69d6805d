#include "backend/algorithms/gptq.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "backend/algorithms/refit.h"
#include "backend/algorithms/sweep.h"
#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

using Dead = GptqOptions::Dead;

// The rows of all members one below the other, columns in the order of the solve.
struct Stacked {
  at::Tensor weights;       // f32 [rows, in]; becomes the chosen values
  at::Tensor codes;         // uint8 [rows, in]
  at::Tensor row_errors;    // f64 [rows]: squares of the sweep's errors, summed
  std::vector<at::Tensor> units, keep;  // of each member: int32 [in], uint8 [out, in] or undefined
  std::vector<int64_t> first;           // row of each member
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

Stacked stack_of(const std::vector<Solvable>& members, const Factor& factor, const at::Tensor& targets) {
  Stacked stack;
  stack.weights = factor.order.defined() ? in_order(factor, targets) : targets.clone();
  int64_t rows = targets.size(0), in = targets.size(1), first = 0;
  stack.codes = at::empty({rows, in}, targets.options().dtype(at::kByte));
  stack.row_errors = at::zeros({rows}, targets.options().dtype(at::kDouble));
  at::Tensor order = factor.order.defined() ? factor.order : at::arange(in, targets.options().dtype(at::kLong));
  for (const Solvable& member : members) {
    LCR_CHECK(member.weight.size(0) == member.grid.codec.rows && in == member.grid.codec.columns, "a grid of another shape");
    stack.units.push_back(order.div(member.grid.codec.grid.unit_columns, "floor").to(at::kInt));
    stack.keep.push_back(member.keep_mask.defined() ? in_order(factor, member.keep_mask).to(at::kByte).contiguous() : at::Tensor());
    stack.first.push_back(first);
    first += member.weight.size(0);
  }
  return stack;
}

void sweep_panel(const std::vector<Solvable>& members, const Factor& factor, Stacked& stack, int64_t begin, int64_t width,
                 const at::Tensor& errors) {
  for (size_t i = 0; i < members.size(); ++i) {
    const Grid& grid = members[i].grid;
    auto rows = [&](const at::Tensor& all) { return all.narrow(0, stack.first[i], grid.codec.rows); };
    Panel panel;
    panel.codec = grid.codec;
    panel.scale = grid.scale.contiguous();
    if (grid.zero.defined()) panel.zero = grid.zero.contiguous();
    panel.weights = rows(stack.weights).narrow(1, begin, width);
    panel.factor = factor.upper.narrow(0, begin, width).narrow(1, begin, width);
    panel.units = stack.units[i].narrow(0, begin, width);
    if (stack.keep[i].defined()) panel.keep = stack.keep[i].narrow(1, begin, width);
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

void solve(const std::vector<Solvable>& members, const Factor& factor, int64_t block, Stacked& stack) {
  int64_t rows = stack.weights.size(0), in = stack.weights.size(1);
  at::Tensor errors = at::empty({rows, std::min(block, in)}, stack.weights.options());
  for (int64_t begin = 0; begin < in; begin += block) {
    int64_t end = std::min(in, begin + block);
    for (int64_t at = begin; at < end; at += LCR_PANEL) {
      int64_t width = std::min<int64_t>(LCR_PANEL, end - at);
      at::Tensor panel_errors = errors.narrow(1, at - begin, width);
      sweep_panel(members, factor, stack, at, width, panel_errors);
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
  solve(members, factor, options.block, stack);
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
