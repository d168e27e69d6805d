#include <algorithm>

#include "compiler/check/carried.h"
#include "compiler/check/chosen.h"
#include "compiler/check/rewrites.h"
#include "compiler/check/rules.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/select/name_trees.h"
#include "compiler/select/select.h"

namespace lcr {
namespace {

// Selections that stand in parameters and blocks must match something too.
void match_the_rest(const Recipe& recipe, Selector& selector) {
  for (const TransformStatement& transform : recipe.transforms)
    if (transform.on) selector.match(*transform.on);
  const auto through = [&](const Stack& stack) {
    for (const Algorithm& algorithm : stack.transforms)
      for (const auto& [name, value] : algorithm.parameters)
        if (const auto* selection = std::get_if<SelectionRef>(&value)) selector.match_named(selection->index);
  };
  for (const Rule& rule : recipe.rules) {
    if (rule.stack) through(*rule.stack);
    for (const Candidate& candidate : rule.candidates)
      if (candidate.stack) through(*candidate.stack);
  }
  if (!recipe.budget) return;
  for (const BudgetLimit& limit : recipe.budget->limits)
    if (limit.over) selector.match(*limit.over);
  for (const Selection& together : recipe.budget->together) selector.match(together);
}

bool learns(const Recipe& recipe) {
  for (const TransformStatement& transform : recipe.transforms)
    if (needs_data(transform.algorithm)) return true;
  return false;
}

// The two answers give different models, and neither is a safe default.
void check_route(const Recipe& recipe, const ModelGraph& graph, Diagnostics& diagnostics) {
  const bool experts =
      std::any_of(graph.modules.begin(), graph.modules.end(), [](const Module& module) { return module.expert >= 0; });
  if (!experts || !recipe.calibration || recipe.calibration->route) return;
  diagnostics.report(codes::L4089, recipe.calibration->span, "nothing says which experts see which tokens")
      .help("write `route = every_expert`, or `route = top_k` with `coverage >= 256tok`");
}

void check_decided(const Recipe& recipe, const ModelGraph& graph, const Checkpoint& checkpoint, Sources& sources,
                   Selector& selector, Diagnostics& found, const NameTrees* names, TypedRecipe& typed) {
  std::vector<uint32_t> lost;
  carry_source_precisions(graph, checkpoint, typed, lost, !recipe.transforms.empty());
  const CheckContext context{recipe,         graph, checkpoint, sources, found, typed, classify(graph, typed),
                             std::move(lost), online_uses(recipe, typed, graph, selector)};
  check_kinds(context);
  check_sources(context);
  check_rotated_source(context);
  check_ties(context);
  if (!found.has_errors()) check_shapes(context);
  check_online(context);
  check_exports(context);
  if (!found.has_errors()) check_serving(context);
  if (!found.has_errors()) check_coverage(context);
  if (!found.has_errors()) find_rewrites(recipe, typed, graph, found, names);
}

bool any_needs_data(const Recipe& recipe, const TypedRecipe& typed) {
  return learns(recipe) || std::any_of(typed.assignments.begin(), typed.assignments.end(),
                                       [&](const Assignment& one) { return needs_data(recipe, one); });
}

}  // namespace

std::optional<TypedRecipe> check(const Recipe& recipe, const ModelGraph& graph, const Checkpoint& checkpoint,
                                 Sources& sources, Diagnostics& diagnostics, const NameTrees* names) {
  Diagnostics found;
  const NameTrees own(graph);
  if (names == nullptr) names = &own;
  Selector selector(recipe, graph, found, names);
  Decisions decisions = decide(recipe, graph, selector, found);
  decide_marks(recipe, graph, selector, found, decisions);
  match_the_rest(recipe, selector);
  TypedRecipe typed;
  record(recipe, graph, decisions, typed);
  typed.needs_data = any_needs_data(recipe, typed);
  check_route(recipe, graph, found);
  // Static rules speak of decided modules only: nothing is said twice after a mistake in the rules themselves.
  if (!found.has_errors()) check_decided(recipe, graph, checkpoint, sources, selector, found, names, typed);
  const bool failed = found.has_errors();
  diagnostics.append(std::move(found));
  if (failed) return std::nullopt;
  return typed;
}

std::optional<TypedRecipe> check_chosen(const Recipe& recipe, const TypedRecipe& open, const ChosenCandidates& chosen,
                                        const ModelGraph& graph, const Checkpoint& checkpoint, Sources& sources,
                                        Diagnostics& diagnostics) {
  TypedRecipe typed = open;
  typed.carried.clear();
  typed.carried_of_module.clear();
  typed.keeps_source_config = false;
  choose(chosen, typed);
  typed.needs_data = any_needs_data(recipe, typed);
  Diagnostics found;
  Selector selector(recipe, graph, found);
  check_decided(recipe, graph, checkpoint, sources, selector, found, nullptr, typed);
  if (!found.has_errors()) return typed;
  diagnostics.append(std::move(found));
  return std::nullopt;
}

}  // namespace lcr
