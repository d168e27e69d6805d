#include "planner/verify/rotations.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/facts/module_folds.h"
#include "planner/plan/names.h"

namespace lcr {
namespace {

// Nothing when the rotation can be folded into the model.
std::string reason_against(const Rotation& rotation, const ModelGraph& graph, const Rotations& facts,
                           const NameIndex& names) {
  if (rotation.space == "R1") {
    const int64_t width = stream_width(graph, facts);
    if (!facts.r1_legal || !facts.centred.empty()) return "the residual stream of the model cannot be rotated";
    return width % rotation.size == 0 ? "" : fmt::format("{} does not divide the stream's {}", rotation.size, width);
  }
  for (const std::string& place : rotation.places) {
    const int64_t index = names.module(place);
    const auto heads = std::find_if(facts.heads.begin(), facts.heads.end(), [&](const Rotations::Heads& one) {
      return index >= 0 && one.legal && graph.modules[size_t(index)].owner == one.owner &&
             graph.modules[size_t(index)].local == one.value_module;
    });
    if (heads == facts.heads.end()) return fmt::format("`{}` makes no value heads that can be rotated", place);
    if (heads->width % rotation.size != 0) return fmt::format("{} does not divide the heads of `{}`", rotation.size, place);
  }
  return "";
}

Folding folding_of(const Job& job, const std::string& instance, const std::vector<ModuleFold>& folds,
                   const NameIndex& names) {
  Folding most = Folding::None;
  for (const std::string& relative : job.modules) {
    const auto module = size_t(names.module(name_in(instance, relative, job.experts > 0 ? job.first_expert : -1)));
    if (folds.empty() || !folds[module].any()) continue;
    most = std::max(most, folds[module].mixes_rows() ? Folding::Rows : Folding::Columns);
  }
  return most;
}

}  // namespace

std::vector<std::string> rotation_problems(const Plan& plan, const ModelGraph& graph, const NameIndex& names) {
  std::vector<std::string> problems;
  if (plan.rotations.empty()) return problems;
  const Rotations facts = derive_rotations(graph);
  for (const Rotation& rotation : plan.rotations) {
    if (!rotation.folded()) continue;
    if (std::string reason = reason_against(rotation, graph, facts, names); !reason.empty())
      problems.push_back(fmt::format("{}: {}", rotation.space, reason));
  }
  if (!problems.empty()) return problems;
  const std::vector<ModuleFold> folds = module_folds(graph, facts, plan.rotations);
  for (const Unit& unit : plan.units)
    for (size_t j = 0; j < unit.jobs.size(); ++j)
      for (const std::string& instance : unit.instances)
        if (problems.size() < 20 && folding_of(unit.jobs[j], instance, folds, names) != unit.jobs[j].folding)
          problems.push_back(fmt::format("job {} of `{}` does not fold what the rotations change", j, instance));
  return problems;
}

}  // namespace lcr
