#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "backend/calibrate/solve.h"
#include "backend/calibrate/unit_tasks.h"
#include "backend/forward/weight_cache.h"

namespace lcr {

// One plan of a measurement: the weights that it would solve, of the groups alone.
class Trial {
 public:
  // All must outlive it. `group_of`: of every module, -1 for those that are not measured.
  Trial(const Plan& plan, const ModelGraph& graph, const std::vector<int32_t>& group_of);

  const Plan& plan() const { return plan_; }
  const UnitTasks& tasks() const { return tasks_; }
  // Without inputs.
  std::vector<SolveTask> of_instance(uint32_t instance) const;
  std::vector<SolveTask> of_group(uint32_t group) const;
  // Rounds or solves the tasks; `done` gets each weight as the candidate has it. False after a report.
  bool solve(const std::vector<SolveTask>& tasks, const WeightCache& weights, StatisticsByInput& statistics,
             const std::function<void(const SolvedWeight&)>& done, Diagnostics& diagnostics) const;

 private:
  const Plan& plan_;
  const ModelGraph& graph_;
  UnitTasks tasks_;
  std::map<uint32_t, std::vector<SolveTask>> by_instance_, by_group_;
};

// Sums of what modules cost, by group and candidate.
class CostSums {
 public:
  CostSums(const ModelGraph& graph, const std::vector<int32_t>& group_of, size_t groups, size_t candidates);
  // The squared relative error of one module's weight; that of its inputs comes on top.
  void add(uint32_t module, size_t candidate, const Precision& precision, double squared_error);
  // Negative: not measured.
  double of(size_t group, size_t candidate) const { return sums_[group][candidate]; }

 private:
  double input_error(const Format& format, int64_t width);

  const ModelGraph& graph_;
  const std::vector<int32_t>& group_of_;
  std::vector<double> shares_;  // of modules
  std::vector<std::vector<double>> sums_;
  std::map<std::pair<std::string, int64_t>, double> input_errors_;
};

}  // namespace lcr
