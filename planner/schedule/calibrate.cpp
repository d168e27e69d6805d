#include "planner/schedule/calibrate.h"

#include <algorithm>
#include <map>

#include "compiler/facts/facts.h"
#include "compiler/language/algorithms.h"
#include "planner/plan/names.h"
#include "planner/plan/stale.h"
#include "planner/schedule/bundles.h"

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

// What is pruned is chosen by what the unpruned layer computes: statistics behind pruned weights choose worse
// (docs/accuracy.md).
bool prunes_by_data(const Plan& plan) {
  return std::any_of(plan.prunings.begin(), plan.prunings.end(), [](const auto& entry) {
    const AlgorithmInfo* info = find_algorithm(entry.second.algorithm.name);
    return info != nullptr && info->needs_data;
  });
}

// Stage numbers of the linears of every layer template: how many linears stand in sequence before each.
class StageNumbers {
 public:
  explicit StageNumbers(const ModelGraph& graph) : graph_(graph) {
    for (const Stages& one : derive_stages(graph))
      for (size_t stage = 0; stage < one.stages.size(); ++stage)
        for (const Stages::Member& member : one.stages[stage])
          numbers_[{one.owner, member.owner, member.module}] = stage;
  }
  // Of a module that stands in an instance of `layer`; modules that read nothing come first.
  size_t of(TemplateId layer, const Module& module) const {
    return of(layer, module.owner, module.local);
  }
  // After all linears that a node's inputs are made from.
  size_t after(TemplateId layer, uint32_t node) const {
    const Template& self = graph_.templates[layer];
    std::vector<bool> seen(self.nodes.size(), false);
    std::vector<ValueId> open = self.nodes[node].inputs;
    size_t stage = 0;
    while (!open.empty()) {
      const uint32_t maker = self.values[open.back()].node;
      open.pop_back();
      if (maker == none_id || seen[maker]) continue;
      seen[maker] = true;
      const Node& one = self.nodes[maker];
      if (one.op == Op::Linear) stage = std::max(stage, 1 + of(layer, layer, one.module));
      open.insert(open.end(), one.inputs.begin(), one.inputs.end());
    }
    return stage;
  }

 private:
  size_t of(TemplateId layer, TemplateId owner, uint32_t module) const {
    const auto found = numbers_.find({layer, owner, module});
    return found == numbers_.end() ? 0 : found->second;
  }

  const ModelGraph& graph_;
  std::map<std::tuple<TemplateId, TemplateId, uint32_t>, size_t> numbers_;
};

class Calibrator {
 public:
  Calibrator(const TypedRecipe& typed, const ModelGraph& graph, const Rewrites& rewrites, const NameIndex& names,
             Plan& plan)
      : typed_(typed), graph_(graph), rewrites_(rewrites), names_(names), plan_(plan), numbers_(graph) {
    for (uint32_t i = 0; i < graph.instances.size(); ++i) instances_.emplace(graph.instances[i].path, i);
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
      const bool solved = !job.precision.empty() || !job.prune.empty() || !job.points.empty();
      size_t stage = 0;
      for (const std::string& relative : job.points) {
        const AttentionPoint& point = graph_.points[size_t(names_.point(name_in(path, relative)))];
        job.calibrated = true;
        stage = std::max(stage, numbers_.after(graph_.instances[point.instance].id, point.node));
      }
      for (const std::string& relative : job.modules) {
        const auto number = size_t(names_.module(name_in(path, relative, job.experts > 0 ? job.first_expert : -1)));
        const Module& module = graph_.modules[number];
        job.calibrated = job.calibrated || solved || rewrites_.scaled[number] || rewrites_.turned[number];
        stage = std::max(stage, index == 0 ? size_t(module.kind != ModuleKind::Embedding)
                                           : numbers_.of(graph_.instances[instances_.at(path)].id, module));
      }
      if (solved) stages[stage].jobs.push_back(j);
    }
    smoothing_of(instances_.at(path), result);
    for (auto& [number, stage] : stages) result.stages.push_back(std::move(stage));
    return result;
  }

 private:
  // Scales of an expert's own values are one step for all experts.
  void smoothing_of(uint32_t instance, UnitCalibration& result) const {
    for (const SmoothUse& use : rewrites_.smoothing) {
      if (use.instance != instance || use.expert > 0) continue;
      const auto relative = [&](const std::vector<uint32_t>& modules) {
        std::vector<std::string> paths;
        for (uint32_t module : modules) {
          int64_t expert = use.expert;
          paths.push_back(numbered(relative_to(graph_.instances[instance].path, graph_.modules[module].path), expert));
        }
        return paths;
      };
      SmoothStep step{relative(use.writers), relative(use.readers), relative(use.targets), {}, use.transform};
      const Stack& stack = *typed_.assignments[use.assignment].stack;
      for (const auto& [key, known] : plan_.stacks)
        if (known == stack) step.stack = key;
      result.smoothing.push_back(std::move(step));
    }
  }

  const TypedRecipe& typed_;
  const ModelGraph& graph_;
  const Rewrites& rewrites_;
  const NameIndex& names_;
  Plan& plan_;
  StageNumbers numbers_;
  std::map<std::string, uint32_t, std::less<>> instances_;
};

// Ranges that the recipe states are stored as they are, without data.
bool stores_ranges(const Plan& plan) {
  const auto is_static = [](const std::optional<Format>& format) {
    return format && (!format->dynamic || format->global);
  };
  return std::any_of(plan.caches.begin(), plan.caches.end(), [](const auto& one) { return !one.second.format.dynamic; }) ||
         std::any_of(plan.precisions.begin(), plan.precisions.end(),
                     [&](const auto& one) { return is_static(one.second.input) || is_static(one.second.output); });
}

}  // namespace

void plan_calibration(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, const Rewrites& rewrites,
                      const NameIndex& names, const std::string& plan_folder, Plan& plan) {
  const bool data = typed.needs_data && recipe.calibration;
  const bool turned = std::find(rewrites.turned.begin(), rewrites.turned.end(), true) != rewrites.turned.end();
  if (!data && !turned && plan.prunings.empty() && !stores_ranges(plan)) return;
  PlannedCalibration calibration;
  if (data) {
    calibration.data = request_of(*recipe.calibration, plan_folder);
    calibration.sequential = recipe.calibration->sequential.value_or(prunes_by_data(plan) ? "layer" : "stage");
    calibration.route = recipe.calibration->route.value_or("every_expert");
    calibration.coverage = recipe.calibration->coverage;
    calibration.starved = recipe.calibration->starved;
  }
  Calibrator calibrator(typed, graph, rewrites, names, plan);
  for (uint32_t unit = 0; unit < plan.units.size(); ++unit) calibration.units.push_back(calibrator.unit(unit));
  plan.calibration = std::move(calibration);
}

}  // namespace lcr
