#include "backend/sensitivity/trials.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>

#include "backend/calibrate/survey.h"
#include "backend/forward/fake_quantize.h"
#include "planner/plan/names.h"

namespace lcr {

Trial::Trial(const Plan& plan, const ModelGraph& graph, const std::vector<int32_t>& group_of)
    : plan_(plan), graph_(graph), tasks_(plan, graph) {
  for (const Unit& unit : plan.units)
    for (const std::string& path : unit.instances)
      for (const Job& job : unit.jobs) {
        if (job.precision.empty()) continue;
        for (int64_t e = 0; e < times(job); ++e)
          for (const std::string& name : job.modules) {
            const int64_t expert = job.experts > 0 ? job.first_expert + e : -1;
            const uint32_t module = tasks_.modules().at(name_in(path, name, expert));
            if (group_of[module] < 0) continue;
            const SolveTask task{module, &job, expert, {}};
            by_instance_[graph.modules[module].instance].push_back(task);
            by_group_[static_cast<uint32_t>(group_of[module])].push_back(task);
          }
      }
}

std::vector<SolveTask> Trial::of_instance(uint32_t instance) const {
  const auto found = by_instance_.find(instance);
  return found == by_instance_.end() ? std::vector<SolveTask>() : found->second;
}

std::vector<SolveTask> Trial::of_group(uint32_t group) const {
  const auto found = by_group_.find(group);
  return found == by_group_.end() ? std::vector<SolveTask>() : found->second;
}

bool Trial::solve(const std::vector<SolveTask>& tasks, const WeightCache& weights, StatisticsByInput& statistics,
                  const std::function<void(const SolvedWeight&)>& done, Diagnostics& diagnostics) const {
  const Survey nothing;
  const SolveContext context{plan_, graph_, weights, tasks_.online(), plan_.device, nothing};
  return lcr::solve(context, tasks, statistics, [&](SolvedWeight one) { done(one); }, diagnostics);
}

CostSums::CostSums(const ModelGraph& graph, const std::vector<int32_t>& group_of, size_t groups, size_t candidates)
    : graph_(graph), group_of_(group_of), shares_(graph.modules.size(), 1), sums_(groups, std::vector<double>(candidates, -1)) {
  std::map<std::pair<uint32_t, TemplateId>, int32_t> experts;  // of a layer, by their template
  for (const Module& module : graph.modules)
    if (module.expert >= 0) {
      int32_t& count = experts[{module.instance, module.owner}];
      count = std::max(count, module.expert + 1);
    }
  for (size_t m = 0; m < shares_.size(); ++m)
    if (graph.modules[m].expert >= 0) shares_[m] = 1.0 / experts.at({graph.modules[m].instance, graph.modules[m].owner});
}

// A few hundred rows say it to a hundredth.
double CostSums::input_error(const Format& format, int64_t width) {
  constexpr int64_t rows = 128;
  constexpr uint64_t seed = 0;
  const auto [at, fresh] = input_errors_.try_emplace({to_string(format), width}, 0);
  if (!fresh) return at->second;
  Format rounded = format;
  rounded.dynamic = true;
  rounded.global = false;
  const at::Tensor x = at::randn({rows, width}, at::make_generator<at::CPUGeneratorImpl>(seed));
  const at::Tensor error = fake_quantize(x, rounded, {}) - x;
  return at->second = error.square().sum(at::kDouble).item<double>() / x.square().sum(at::kDouble).item<double>();
}

void CostSums::add(uint32_t module, size_t candidate, const Precision& precision, double squared_error) {
  double& sum = sums_[static_cast<size_t>(group_of_[module])][candidate];
  if (precision.input) squared_error += input_error(*precision.input, graph_.modules[module].in);
  sum = std::max(sum, 0.0) + shares_[module] * squared_error;
}

}  // namespace lcr
