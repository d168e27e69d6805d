#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/calibrate/layer_inputs.h"
#include "backend/calibrate/model_state.h"
#include "backend/calibrate/online_weights.h"
#include "backend/calibrate/solve.h"
#include "compiler/model/graph.h"
#include "planner/plan/plan.h"

namespace lcr {

// One instance of a unit that is calibrated.
struct UnitPlace {
  const UnitCalibration* unit = nullptr;
  std::string path;
  uint32_t instance = 0;
};

// The plan's jobs as tasks on the modules of instances.
class UnitTasks {
 public:
  // Both must outlive it.
  UnitTasks(const Plan& plan, const ModelGraph& graph);

  UnitPlace place_of(uint32_t instance) const;
  // Without `inputs` the tasks have no input.
  std::vector<SolveTask> of(const UnitPlace& place, const CalibrationStage& stage, const LayerInputs* inputs) const;
  // What is to be gathered for tasks, ranges apart.
  StatisticsByInput statistics_for(const std::vector<SolveTask>& tasks) const;

  // What a module reads, as its solver sees it: rotated where readers rotate it. Nothing when the layer does not know it.
  std::optional<InputKey> input_of(uint32_t module, const LayerInputs& inputs) const;
  const OnlineWeights& online() const { return online_; }

  const std::unordered_map<std::string_view, uint32_t>& modules() const { return modules_; }
  // Whether a job solves or prunes the module.
  bool solves(uint32_t module) const { return jobs_.contains(module); }
  // That job; null: none does.
  const Job* job_of(uint32_t module) const;

 private:
  const Plan& plan_;
  const ModelGraph& graph_;
  std::unordered_map<std::string_view, uint32_t> modules_;  // by path
  std::unordered_map<uint32_t, const Job*> jobs_;  // that solve or prune, by module
  OnlineWeights online_;
};

// The instance that a call of the model's own template runs.
uint32_t instance_of(const ModelGraph& graph, uint32_t call);
// How the layers of a model are passed over.
PassOptions pass_options(const Plan& plan, const ModelState& model);

std::vector<uint32_t> modules_of(const std::vector<SolveTask>& tasks);

}  // namespace lcr
