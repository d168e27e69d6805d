#include "backend/calibrate/unit_tasks.h"

#include <algorithm>

#include "compiler/model/width.h"
#include "planner/plan/names.h"
#include "planner/plan/original.h"

namespace lcr {
namespace {

// Of every expert of a job, or -1 once.
template <class Visit>
void for_each_expert(const Job& job, Visit visit) {
  for (int64_t e = 0; e < times(job); ++e) visit(job.experts > 0 ? job.first_expert + e : -1);
}

}  // namespace

uint32_t instance_of(const ModelGraph& graph, uint32_t call) {
  const auto& instances = graph.instances;
  const auto found = std::find_if(instances.begin(), instances.end(), [&](const Instance& one) { return one.node == call; });
  return static_cast<uint32_t>(found - instances.begin());
}

PassOptions pass_options(const Plan& plan, const ModelState& model) {
  return {model.device(), plan.calibration->route == "every_expert",
          std::max(widest_layer_output(model.graph()), plan.calibration->kept_width), model.waits_on_host()};
}

std::vector<uint32_t> modules_of(const std::vector<SolveTask>& tasks) {
  std::vector<uint32_t> modules;
  for (const SolveTask& task : tasks)
    if (task.input) modules.push_back(task.module);
  return modules;
}

UnitTasks::UnitTasks(const Plan& plan, const ModelGraph& graph) : plan_(plan), graph_(graph), online_(plan, graph, plan.device) {
  for (uint32_t m = 0; m < graph.modules.size(); ++m) modules_.emplace(graph.modules[m].path, m);
  for (const Unit& unit : plan.units)
    for (const Job& job : unit.jobs)
      if (!job.precision.empty() || !job.prune.empty())
        for (const std::string& path : unit.instances)
          for_each_expert(job, [&](int64_t expert) {
            for (const std::string& name : job.modules) jobs_[modules_.at(name_in(path, name, expert))] = &job;
          });
}

const Job* UnitTasks::job_of(uint32_t module) const {
  const auto found = jobs_.find(module);
  return found == jobs_.end() ? nullptr : found->second;
}

UnitPlace UnitTasks::place_of(uint32_t instance) const {
  UnitPlace place;
  place.instance = instance;
  place.path = graph_.instances[instance].path;
  for (const UnitCalibration& unit : plan_.calibration->units) {
    const auto& instances = plan_.units[unit.unit].instances;
    if (std::find(instances.begin(), instances.end(), place.path) != instances.end()) place.unit = &unit;
  }
  return place;
}

std::vector<SolveTask> UnitTasks::of(const UnitPlace& place, const CalibrationStage& stage, const LayerInputs* inputs) const {
  std::vector<SolveTask> tasks;
  for (uint32_t j : stage.jobs) {
    const Job& job = plan_.units[place.unit->unit].jobs[j];
    for_each_expert(job, [&](int64_t expert) {
      for (const std::string& relative : job.modules) {
        SolveTask task{modules_.at(name_in(place.path, relative, expert)), &job, expert, {}};
        if (inputs != nullptr) task.input = input_of(task.module, *inputs);
        tasks.push_back(std::move(task));
      }
    });
  }
  return tasks;
}

std::optional<InputKey> UnitTasks::input_of(uint32_t index, const LayerInputs& inputs) const {
  const Module& module = graph_.modules[index];
  if (!inputs.knows(module.owner, module.local)) return std::nullopt;
  InputKey key = inputs.key(module.owner, module.local, module.expert);
  key.rotation = online_.input_number(index);
  return key;
}

StatisticsByInput UnitTasks::statistics_for(const std::vector<SolveTask>& tasks) const {
  StatisticsByInput statistics;
  for (const SolveTask& task : tasks) {
    if (!task.input) continue;
    InputStatistics& one = statistics[*task.input];
    one.rotation = online_.matrix(task.input->rotation);
    one.wants_moment = one.wants_moment || wants_moment(plan_, *task.job);
    one.wants_cross = one.wants_cross || approaches_original(plan_, *task.job);
  }
  return statistics;
}

}  // namespace lcr
