#include "backend/calibrate/task_grids.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "backend/calibrate/module_weight.h"

namespace lcr {

at::Tensor weight_of(const SolveContext& context, const SolveTask& task) {
  const at::Tensor weight = context.weights.exact(task.module, weight_index(context.graph, task.module)).to(at::kFloat).contiguous();
  return context.online.rotated_weight(task.module, weight);
}

Observer range_of(const Algorithm& solver) {
  const auto range = solver.parameters.find("range");
  return range == solver.parameters.end() ? Observer() : std::get<Observer>(range->second);
}

bool same_job(const SolveTask& a, const SolveTask& b) { return a.job == b.job && a.expert == b.expert; }

double relative(double error, double reference) { return reference > 0 ? std::sqrt(std::max(0.0, error) / reference) : 0; }

void find_grids(const SolveContext& context, const std::vector<const SolveTask*>& tasks, std::vector<Solvable>& members,
                const InputStatistics* input) {
  for (size_t begin = 0; begin < tasks.size();) {
    size_t end = begin + 1;
    while (end < tasks.size() && same_job(*tasks[begin], *tasks[end])) ++end;
    const Job& job = *tasks[begin]->job;
    const Precision& precision = context.plan.precisions.at(job.precision);
    Observer observer = range_of(context.plan.stacks.at(job.stack).solver);
    // Columns cannot be weighed by what was not seen.
    if (input == nullptr && needs_importance(observer)) observer = {};
    GridOptions options{precision, weight_scale_dtype(context.plan, context.graph, tasks[begin]->module), observer, {}};
    if (precision.weights->global) {
      float absmax = 0;
      for (size_t i = begin; i < end; ++i) absmax = std::max(absmax, members[i].weight.abs().max().item<float>());
      options.absmax = absmax;
    }
    const at::Tensor importance = input != nullptr ? input->importance : at::Tensor();
    for (size_t i = begin; i < end; ++i) members[i].grid = find_grid(members[i].weight, importance, options);
    begin = end;
  }
}

}  // namespace lcr
