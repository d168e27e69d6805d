#include "planner/schedule/calibrate.h"

#include <algorithm>
#include <map>

#include "compiler/facts/facts.h"
#include "planner/plan/names.h"
#include "planner/plan/stale.h"

namespace lcr {
namespace {

CalibrationRequest request_of(const Calibration& calibration, const std::string& plan_folder) {
  CalibrationRequest request;
  for (const DataSource& source : calibration.data) {
    const bool file = source.kind == DataSource::Kind::Chat && source.template_ != "model" && !source.template_.empty();
    request.sources.push_back(
        {static_cast<CalibrationSource::Kind>(source.kind), path_in_plan(source.path, plan_folder), source.field,
         file ? path_in_plan(source.template_, plan_folder) : source.template_, source.mask, source.samples});
  }
  request.length = calibration.length;
  request.pick = calibration.pick;
  request.seed = calibration.seed;
  request.fit = calibration.fit;
  return request;
}

// Stage numbers of the linears of every layer template: how many linears stand in sequence before each.
class StageNumbers {
 public:
  explicit StageNumbers(const ModelGraph& graph) {
    for (const Stages& one : derive_stages(graph))
      for (size_t stage = 0; stage < one.stages.size(); ++stage)
        for (const Stages::Member& member : one.stages[stage])
          numbers_[{one.owner, member.owner, member.module}] = stage;
  }
  // Of a module that stands in an instance of `layer`; modules that read nothing come first.
  size_t of(TemplateId layer, const Module& module) const {
    const auto found = numbers_.find({layer, module.owner, module.local});
    return found == numbers_.end() ? 0 : found->second;
  }

 private:
  std::map<std::tuple<TemplateId, TemplateId, uint32_t>, size_t> numbers_;
};

class Calibrator {
 public:
  Calibrator(const ModelGraph& graph, const NameIndex& names, Plan& plan)
      : graph_(graph), names_(names), plan_(plan), numbers_(graph) {
    for (const Instance& instance : graph.instances) templates_.emplace(instance.path, instance.id);
  }

  // The jobs of a unit by the stage that their modules' inputs are complete in. What stands outside of layers has two:
  // tables, which read no value, and what follows the layers.
  UnitCalibration unit(uint32_t index) {
    Unit& unit = plan_.units[index];
    const std::string& path = unit.instances.front();
    UnitCalibration result;
    result.unit = index;
    std::map<size_t, CalibrationStage> stages;
    for (uint32_t j = 0; j < unit.jobs.size(); ++j) {
      Job& job = unit.jobs[j];
      if (job.precision.empty() && job.prune.empty()) continue;
      job.calibrated = true;
      size_t stage = 0;
      for (const std::string& relative : job.modules) {
        const Module& module = graph_.modules[size_t(names_.module(
            name_in(path, relative, job.experts > 0 ? job.first_expert : -1)))];
        stage = std::max(stage, index == 0 ? size_t(module.kind != ModuleKind::Embedding)
                                           : numbers_.of(templates_.at(path), module));
      }
      stages[stage].jobs.push_back(j);
    }
    for (auto& [number, stage] : stages) result.stages.push_back(std::move(stage));
    return result;
  }

 private:
  const ModelGraph& graph_;
  const NameIndex& names_;
  Plan& plan_;
  StageNumbers numbers_;
  std::map<std::string, TemplateId, std::less<>> templates_;
};

}  // namespace

void plan_calibration(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, const NameIndex& names,
                      const std::string& plan_folder, Plan& plan) {
  if (!typed.needs_data || !recipe.calibration) return;
  PlannedCalibration calibration;
  calibration.data = request_of(*recipe.calibration, plan_folder);
  calibration.sequential = recipe.calibration->sequential;
  calibration.route = recipe.calibration->route.value_or("every_expert");
  calibration.coverage = recipe.calibration->coverage;
  calibration.starved = recipe.calibration->starved;
  Calibrator calibrator(graph, names, plan);
  for (uint32_t unit = 0; unit < plan.units.size(); ++unit) calibration.units.push_back(calibrator.unit(unit));
  plan.calibration = std::move(calibration);
}

}  // namespace lcr
