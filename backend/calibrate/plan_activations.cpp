#include "backend/calibrate/plan_activations.h"

#include <ATen/ATen.h>

#include "planner/plan/names.h"

namespace lcr {
namespace {

std::optional<Format> at_run_time(std::optional<Format> format) {
  if (format) format->dynamic = true;
  return format;
}

void add_points(const Plan& plan, const ModelGraph& graph, const OnlineWeights& online, ActivationFormats& formats) {
  std::unordered_map<std::string_view, const AttentionPoint*> points;
  for (const AttentionPoint& point : graph.points) points.emplace(point.path, &point);
  for (const Unit& unit : plan.units)
    for (const Job& job : unit.jobs)
      for (const std::string& relative : job.points)
        for (const std::string& path : unit.instances) {
          const AttentionPoint& point = *points.at(name_in(path, relative));
          AttentionActivations& at = formats.attentions[{point.instance, point.node}];
          AttentionActivations::Point& one = point.kind == AttentionPoint::Kind::Queries ? at.queries
                                             : point.kind == AttentionPoint::Kind::Keys  ? at.keys
                                                                                         : at.values;
          one.format = at_run_time(plan.caches.at(job.cache).format);
          const OnlineTransform turn{online.matrix(online.heads_number(point.path)), false};
          if (turn) formats.online.attentions[{point.instance, point.node}] = {turn, turn};
        }
}

}  // namespace

ActivationFormats activations_of(const Plan& plan, const ModelGraph& graph, const UnitTasks& tasks) {
  ActivationFormats formats;
  for (uint32_t m = 0; m < graph.modules.size(); ++m) {
    if (tasks.online().of(m).any()) formats.online.modules.emplace(m, tasks.online().transforms(m));
    const Job* job = tasks.job_of(m);
    if (job == nullptr || job->precision.empty() || graph.modules[m].kind != ModuleKind::Linear) continue;
    const Precision& precision = plan.precisions.at(job->precision);
    if (precision.input || precision.output)
      formats.modules.emplace(m, ModuleActivations{at_run_time(precision.input), at_run_time(precision.output), {}, {}});
  }
  add_points(plan, graph, tasks.online(), formats);
  return formats;
}

}  // namespace lcr
