#include "backend/calibrate/smooth_tasks.h"

#include <algorithm>
#include <set>

#include "compiler/diagnostics/check.h"
#include "planner/plan/names.h"

namespace lcr {
namespace {

// Modules of templates, whatever the instance and expert.
using Members = std::set<std::pair<TemplateId, uint32_t>>;

Members members_of(const ModelGraph& graph, const std::vector<uint32_t>& modules) {
  Members members;
  for (uint32_t module : modules) members.insert({graph.modules[module].owner, graph.modules[module].local});
  return members;
}

Members members_of(const std::vector<Side>& sides) {
  Members members;
  for (const Side& side : sides) members.insert({side.owner, side.module});
  return members;
}

// The job of a unit that solves a module, by its relative name.
const Job* job_of(const Unit& unit, const std::string& path, std::string_view module, int32_t expert) {
  for (const Job& job : unit.jobs) {
    const bool its_expert = job.experts == 0 || (expert >= job.first_expert && expert < job.first_expert + job.experts);
    if (job.precision.empty() || !its_expert) continue;
    for (const std::string& relative : job.modules)
      if (name_in(path, relative, job.experts > 0 ? expert : -1) == module) return &job;
  }
  return nullptr;
}

}  // namespace

SmoothTasks::SmoothTasks(const Plan& plan, const ModelGraph& graph, const std::unordered_map<std::string_view, uint32_t>& modules)
    : plan_(plan), graph_(graph), modules_(modules) {
  const auto& units = plan.calibration->units;
  if (std::none_of(units.begin(), units.end(), [](const UnitCalibration& unit) { return !unit.smoothing.empty(); })) return;
  std::vector<SmoothingRefusal> refused;
  derive_smoothing(graph, sets_, refused);
}

const SmoothingSet* SmoothTasks::find(const std::vector<uint32_t>& writers, const std::vector<uint32_t>& readers) const {
  const Members writing = members_of(graph_, writers), reading = members_of(graph_, readers);
  for (const SmoothingSet& set : sets_)
    if (members_of(set.writers) == writing && members_of(set.readers) == reading) return &set;
  return nullptr;
}

SmoothTask SmoothTasks::task_of(const UnitCalibration& unit, const SmoothStep& step, const std::string& path, uint32_t instance,
                                int64_t expert) const {
  auto modules = [&](const std::vector<std::string>& names) {
    std::vector<uint32_t> found;
    for (const std::string& name : names) found.push_back(modules_.at(name_in(path, name, expert)));
    return found;
  };
  const std::vector<uint32_t> writers = modules(step.writers), readers = modules(step.readers), targets = modules(step.targets);
  SmoothTask task;
  task.set = find(writers, readers);
  LCR_CHECK(task.set != nullptr, "a plan smooths what is no degree of freedom");
  task.instance = instance;
  task.expert = static_cast<int32_t>(expert);
  task.algorithm = &plan_.stacks.at(step.stack).transforms.at(step.transform);
  for (uint32_t reader : readers) {
    const Module& module = graph_.modules[reader];
    for (const Side& side : task.set->readers) {
      if (side.owner != module.owner || side.module != module.local) continue;
      const bool target = std::find(targets.begin(), targets.end(), reader) != targets.end();
      task.readers.push_back({reader, &side, job_of(plan_.units[unit.unit], path, module.path, module.expert), target});
    }
  }
  return task;
}

std::vector<SmoothTask> SmoothTasks::of(const UnitCalibration& unit, const SmoothStep& step, const std::string& path,
                                        uint32_t instance) const {
  const bool experts = step.writers.front().find("{e}") != std::string::npos;
  if (!experts) return {task_of(unit, step, path, instance, -1)};
  std::vector<SmoothTask> tasks;
  for (int64_t expert = 0; modules_.contains(name_in(path, step.writers.front(), expert)); ++expert)
    tasks.push_back(task_of(unit, step, path, instance, expert));
  return tasks;
}

std::vector<SmoothTask> SmoothTasks::of(const UnitCalibration& unit, const std::string& path, uint32_t instance) const {
  std::vector<SmoothTask> tasks;
  for (const SmoothStep& step : unit.smoothing)
    for (SmoothTask& task : of(unit, step, path, instance)) tasks.push_back(std::move(task));
  return tasks;
}

}  // namespace lcr
