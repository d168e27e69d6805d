#include "planner/schedule/without_experts.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/planning.h"

namespace lcr {
namespace {

bool removes(const Assignment& assignment) { return assignment.pruner && removes_experts(*assignment.pruner); }

// The share that all experts lose; nothing when they differ.
std::optional<double> common_share(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, Diagnostics& diagnostics) {
  const auto pruning = std::find_if(typed.assignments.begin(), typed.assignments.end(), removes);
  const Span span = pruning->prune_rule >= 0 ? recipe.rules[size_t(pruning->prune_rule)].span : pruning->pruner->span;
  const double share = pruning->amount->share.value_or(0);
  std::map<std::tuple<uint32_t, TemplateId, uint32_t>, uint32_t> assignments;
  for (uint32_t m = 0; m < graph.modules.size(); ++m) {
    const Module& module = graph.modules[m];
    if (module.expert < 0) continue;
    const Assignment& assignment = typed.assignments[typed.of_module[m]];
    const bool alike = assignments.try_emplace({module.instance, module.owner, module.local}, typed.of_module[m]).first->second == typed.of_module[m];
    if (removes(assignment) && assignment.amount->share.value_or(0) == share && alike) continue;
    diagnostics
        .report(codes::L5015, span,
                alike ? fmt::format("the expert of `{}` does not lose the same share", module.path)
                      : fmt::format("`{}` is treated otherwise than other experts of its layer", module.path))
        .note("readers know one number of experts for all layers, and which ones stay is known only after a look at the data")
        .help("prune `role(expert)` by one share, and give all experts of a layer the same rules");
    return std::nullopt;
  }
  return share;
}

// Assignments go with names: those of the kept experts are the first ones' names.
template <class Items>
std::vector<uint32_t> by_path(const Items& before, const Items& after, const std::vector<uint32_t>& values) {
  std::unordered_map<std::string_view, uint32_t> known;
  for (size_t i = 0; i < before.size() && i < values.size(); ++i) known.emplace(before[i].path, values[i]);
  std::vector<uint32_t> result;
  for (const auto& item : after) result.push_back(known.at(item.path));
  return result;
}

TypedRecipe typed_for(const TypedRecipe& typed, const ModelGraph& graph, const ModelGraph& reduced) {
  TypedRecipe result = typed;
  result.of_module = by_path(graph.modules, reduced.modules, typed.of_module);
  result.of_point = by_path(graph.points, reduced.points, typed.of_point);
  result.matched.clear();
  if (typed.carried_of_module.empty()) return result;
  const std::vector<uint32_t> carried(typed.carried_of_module.begin(), typed.carried_of_module.end());
  const std::vector<uint32_t> moved = by_path(graph.modules, reduced.modules, carried);
  result.carried_of_module.assign(moved.begin(), moved.end());
  return result;
}

}  // namespace

bool removes_experts(const TypedRecipe& typed) { return std::any_of(typed.assignments.begin(), typed.assignments.end(), removes); }

std::optional<ReducedModel> without_experts(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                            const Checkpoint& checkpoint, const ElaborateOptions& options, Diagnostics& diagnostics) {
  const auto share = common_share(recipe, typed, graph, diagnostics);
  if (!share) return std::nullopt;
  auto model = cut_experts(checkpoint, graph, *share, nullptr, options, diagnostics);
  if (!model) return std::nullopt;
  TypedRecipe reduced = typed_for(typed, graph, model->graph);
  return ReducedModel{std::move(*model), std::move(reduced)};
}

}  // namespace lcr
