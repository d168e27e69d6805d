#include "backend/calibrate/ranges.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "backend/calibrate/module_weight.h"
#include "backend/calibrate/stored_parts.h"
#include "compiler/diagnostics/check.h"
#include "compiler/diagnostics/codes/run.h"
#include "compiler/facts/facts.h"
#include "planner/plan/cache_tensors.h"
#include "planner/plan/layout.h"
#include "planner/plan/names.h"

namespace lcr {
namespace {

// Solvers without such a parameter take the whole range.
const Observer* observer_of(const Algorithm& solver, const char* parameter) {
  static const Observer whole;
  const auto found = solver.parameters.find(parameter);
  return found == solver.parameters.end() ? &whole : &std::get<Observer>(found->second);
}

std::optional<RangeTask> side_of(const Plan& plan, const ModelGraph& graph, const SolveTask& task, RangeTask::Side side) {
  if (task.job->precision.empty()) return std::nullopt;
  const bool input = side == RangeTask::Side::Input;
  const Precision& precision = plan.precisions.at(task.job->precision);
  const std::optional<Format>& format = input ? precision.input : precision.output;
  if (!is_stored(format)) return std::nullopt;
  const Module& module = graph.modules[task.module];
  RangeTask result;
  result.side = side;
  result.path = std::string(module.path);
  result.index = task.module;
  result.precision = &precision;
  result.format = &*format;
  result.observer = observer_of(plan.stacks.at(task.job->stack).solver, input ? "input_range" : "output_range");
  result.width = input ? module.in : module.out;
  result.name = fmt::format("{}/{}/{}", input ? "input" : "output", task.job->precision, task.job->stack);
  return result;
}

// The value of one point: the node's inputs are queries, keys and values.
ValueId value_of(const Node& attend, AttentionPoint::Kind kind) {
  switch (kind) {
    case AttentionPoint::Kind::Keys: return attend.inputs[1];
    case AttentionPoint::Kind::Values: return attend.inputs[2];
    case AttentionPoint::Kind::Queries: break;
  }
  return attend.inputs[0];
}

void store(const Plan& plan, const ModelGraph& graph, const RangeTask& task, const ActivationObserver& seen,
           SolvedWriter& writer) {
  if (task.side == RangeTask::Side::Point) {
    const AttentionPoint& point = graph.points[task.index];
    const Dtype model = solved_scale_dtype(plan, graph.dtype);
    return add_point_scales(writer, task.path, plan_cache(*task.format, point.kind, point.heads, model), seen.scales());
  }
  const Dtype model = weight_scale_dtype(plan, graph, task.index);
  add_activation_scales(writer, graph.modules[task.index], *task.precision, model, seen.scales(),
                        task.side == RangeTask::Side::Output);
}

void tell_of(const RangeTask& task, const ActivationObserver& seen, const TellEvent& tell) {
  const at::Tensor scales = seen.scales().scale.to(at::kFloat);
  const double least = scales.min().item<double>(), most = scales.max().item<double>();
  tell("cache", fmt::format("{}: {} scales, the largest {:.4g}", task.path, scales.numel(), most),
       {{"point", task.path}, {"cache", task.name.substr(task.name.find('/') + 1)}, {"scales", scales.numel()},
        {"least", least}, {"most", most}});
}

}  // namespace

bool is_stored(const std::optional<Format>& format) { return format && (!format->dynamic || format->global); }

std::vector<RangeTask> input_ranges(const Plan& plan, const ModelGraph& graph, const std::vector<SolveTask>& tasks,
                                    const LayerInputs* inputs) {
  std::vector<RangeTask> ranges;
  for (const SolveTask& task : tasks) {
    auto range = side_of(plan, graph, task, RangeTask::Side::Input);
    if (!range || (inputs != nullptr && !task.input)) continue;
    const Module& module = graph.modules[task.module];
    if (inputs != nullptr) range->key = *task.input, range->at = inputs->where(module.owner, module.local);
    ranges.push_back(std::move(*range));
  }
  return ranges;
}

std::vector<RangeTask> output_ranges(const Plan& plan, const ModelGraph& graph, const std::vector<SolveTask>& tasks,
                                     const OnlineWeights& online, const LayerInputs* inputs) {
  std::vector<RangeTask> ranges;
  for (const SolveTask& task : tasks) {
    auto range = side_of(plan, graph, task, RangeTask::Side::Output);
    const Module& module = graph.modules[task.module];
    if (!range || (inputs != nullptr && !inputs->knows(module.owner, module.local))) continue;
    if (inputs != nullptr) {
      range->key = inputs->output_key(module.owner, module.local, module.expert);
      range->key.rotation = online.output_number(task.module);
      range->rotation = online.matrix(range->key.rotation);
      range->at = inputs->output_where(module.owner, module.local);
    }
    ranges.push_back(std::move(*range));
  }
  return ranges;
}

std::vector<RangeTask> point_ranges(const Plan& plan, const ModelGraph& graph, const Unit& unit,
                                    const CalibrationStage& stage, const std::string& path, const OnlineWeights& online) {
  std::vector<RangeTask> ranges;
  for (uint32_t j : stage.jobs) {
    const Job& job = unit.jobs[j];
    for (const std::string& relative : job.points) {
      RangeTask task;
      task.side = RangeTask::Side::Point;
      task.path = name_in(path, relative);
      const auto found = std::find_if(graph.points.begin(), graph.points.end(),
                                      [&](const AttentionPoint& point) { return point.path == task.path; });
      LCR_CHECK(found != graph.points.end(), "a point of the plan is not in the model");
      task.index = static_cast<uint32_t>(found - graph.points.begin());
      const CacheFormat& cache = plan.caches.at(job.cache);
      task.format = &cache.format;
      task.observer = observer_of(cache.solver, "range");
      task.width = found->heads * found->width;
      task.heads = found->heads;
      task.name = "cache/" + job.cache;
      const TemplateId id = graph.instances[found->instance].id;
      const ValueId value = value_of(graph.templates[id].nodes[found->node], found->kind);
      const bool turned = found->kind != AttentionPoint::Kind::Values;
      task.key = {id, behind_casts(graph.templates[id], value), -1, false, turned ? online.heads_number(task.path) : 0};
      task.rotation = online.matrix(task.key.rotation);
      task.at = {value, none_id};
      ranges.push_back(std::move(task));
    }
  }
  return ranges;
}

std::vector<RangeTask> ranges_of(const Plan& plan, const ModelGraph& graph, const std::vector<SolveTask>& tasks,
                                 const Unit& unit, const CalibrationStage& stage, const std::string& path,
                                 const OnlineWeights& online) {
  std::vector<RangeTask> ranges = input_ranges(plan, graph, tasks, nullptr);
  for (const auto& more : {output_ranges(plan, graph, tasks, online, nullptr), point_ranges(plan, graph, unit, stage, path, online)})
    ranges.insert(ranges.end(), more.begin(), more.end());
  return ranges;
}

void want(const std::vector<RangeTask>& tasks, StatisticsByInput& statistics, at::ScalarType native) {
  for (const RangeTask& task : tasks) {
    InputStatistics& one = statistics[task.key];
    if (task.rotation) one.rotation = task.rotation;
    one.ranges.try_emplace(task.name, *task.observer, *task.format, task.width, task.heads, native);
  }
}

bool keep(const Plan& plan, const ModelGraph& graph, const std::vector<RangeTask>& tasks,
          const StatisticsByInput& statistics, SolvedWriter& writer, const TellEvent& tell, Diagnostics& diagnostics) {
  for (const RangeTask& task : tasks) {
    const ActivationObserver& seen = statistics.at(task.key).ranges.at(task.name);
    if (seen.empty()) {
      diagnostics.report(codes::L6052, fmt::format("no calibration token reached `{}`, whose scale is to be found", task.path))
          .help("calibrate on more data or with `route = every_expert`, or take scales at run time: `dynamic = true`")
          .with("module", task.path);
      return false;
    }
    if (!seen.finite()) {
      diagnostics.report(codes::L6051, fmt::format("`{}` holds NaN or infinite values on the calibration data", task.path))
          .help("check the model on this data with `lcr eval`, or calibrate on other data")
          .with("module", task.path);
      return false;
    }
    store(plan, graph, task, seen, writer);
    if (task.side == RangeTask::Side::Point) tell_of(task, seen, tell);
  }
  return true;
}

void keep_fixed(const Plan& plan, const ModelGraph& graph, const std::vector<RangeTask>& tasks, at::ScalarType native,
                SolvedWriter& writer) {
  for (const RangeTask& task : tasks)
    if (task.observer->name == "fixed")
      store(plan, graph, task, {*task.observer, *task.format, task.width, task.heads, native}, writer);
}

}  // namespace lcr
