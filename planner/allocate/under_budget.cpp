#include "planner/allocate/under_budget.h"

#include <algorithm>

#include "compiler/check/sizes.h"
#include "compiler/diagnostics/codes/planning.h"
#include "planner/allocate/spend.h"
#include "planner/allocate/wanted_scores.h"

namespace lcr {
namespace {

ChosenCandidates all_at(const std::vector<AutoGroup>& groups, size_t candidate, const ModelGraph& graph) {
  ChosenCandidates chosen(graph.modules.size(), -1);
  for (const AutoGroup& group : groups)
    if (candidate < group.candidates.size())
      for (uint32_t m : group.modules) chosen[m] = static_cast<int32_t>(candidate);
  return chosen;
}

// Tokens of one forward whose logits are compared.
constexpr int64_t divergence_tile = 2048;

// The recipe as it is measured: all of a layer's statistics are gathered at once, and the planner counts on it; a
// divergence is measured on the budget's number of rows.
Recipe measured(const Recipe& recipe) {
  Recipe result = recipe;
  if (!result.calibration) return result;
  result.calibration->sequential = "none";
  if (recipe.budget->score != "kl") return result;
  int64_t left = recipe.budget->samples;
  for (DataSource& source : result.calibration->data) {
    source.samples = source.samples > 0 ? std::min(source.samples, left) : left;
    left -= source.samples;
  }
  std::erase_if(result.calibration->data, [](const DataSource& source) { return source.samples == 0; });
  return result;
}

void leave_unpruned(TypedRecipe& typed) {
  for (Assignment& assignment : typed.assignments) {
    assignment.pruner.reset();
    assignment.amount.reset();
  }
}

const BudgetLimit* size_limit(const Budget& budget) {
  for (const BudgetLimit& limit : budget.limits)
    if (limit.what == "size") return &limit;
  return nullptr;
}

// Of the weights' files of the largest compressed export, or of the only one.
int64_t file_bytes(const Plan& plan) {
  int64_t bytes = 0;
  for (const PlannedExport& exported : plan.exports)
    if (exported.format == "compressed_tensors" || plan.exports.size() == 1) bytes = std::max(bytes, exported.bytes);
  return bytes;
}

int64_t counted_bytes(const TypedRecipe& typed, const ModelGraph& graph, const Checkpoint& checkpoint) {
  int64_t bytes = 0;
  for (uint32_t m = 0; m < graph.modules.size(); ++m) bytes += exported_bytes_of(graph, checkpoint, typed, m).all;
  return bytes;
}

SpentLimit* spent_size(PlannedAllocation& allocation) {
  for (SpentLimit& limit : allocation.limits)
    if (limit.what == "size") return &limit;
  return nullptr;
}

}  // namespace

bool chooses_precisions(const TypedRecipe& typed) {
  return std::any_of(typed.of_module.begin(), typed.of_module.end(),
                     [&](uint32_t a) { return typed.assignments[a].kind == Assignment::Kind::Auto; });
}

std::optional<ScoreRequest> request_scores(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                           const Checkpoint& checkpoint, Sources& sources, const PlanOptions& options,
                                           Diagnostics& diagnostics) {
  auto groups = auto_groups(recipe, typed, graph, diagnostics);
  if (!groups) return std::nullopt;
  if (recipe.budget->score == "gradient") {
    diagnostics.report(codes::L5003, recipe.budget->span, "`score = gradient(…)` is not available in this version", "cannot be run yet")
        .help("`score = hessian` weighs errors by the inputs, `score = kl(samples = …)` by the model's own outputs");
    return std::nullopt;
  }
  size_t most = 0;
  for (const AutoGroup& group : *groups) most = std::max(most, group.candidates.size());
  ScoreRequest request;
  const Recipe asked = measured(recipe);
  for (size_t c = 0; c < most; ++c) {
    auto trial = check_chosen(asked, typed, all_at(*groups, c, graph), graph, checkpoint, sources, diagnostics);
    if (!trial) return std::nullopt;
    leave_unpruned(*trial);
    trial->needs_data = recipe.budget->score != "error";
    auto plan = make_plan(asked, *trial, graph, checkpoint, sources, options, diagnostics);
    if (!plan) return std::nullopt;
    if (recipe.budget->score == "kl" && plan->calibration) plan->calibration->tile = divergence_tile;
    request.plans.push_back(std::move(*plan));
  }
  // Of the whole recipe, as the plan that is made with the scores has them.
  const auto any = check_chosen(recipe, typed, all_at(*groups, 0, graph), graph, checkpoint, sources, diagnostics);
  const auto plan = any ? make_plan(recipe, *any, graph, checkpoint, sources, options, diagnostics) : std::nullopt;
  if (!plan) return std::nullopt;
  request.wanted = wanted_scores(recipe, graph, *groups, plan->origins);
  request.groups = std::move(*groups);
  return request;
}

std::optional<ChosenPlan> plan_under_budget(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                            const Checkpoint& checkpoint, Sources& sources, const PlanOptions& options,
                                            const Scores& scores, Diagnostics& diagnostics) {
  const auto groups = auto_groups(recipe, typed, graph, diagnostics);
  if (!groups) return std::nullopt;
  const BudgetLimit* size = size_limit(*recipe.budget);
  // Any choice will do: its plan says what it was made from, and what files take beyond the weights (headers, what is only
  // copied, converted dtypes, less removed experts).
  const auto any = check_chosen(recipe, typed, all_at(*groups, 0, graph), graph, checkpoint, sources, diagnostics);
  if (!any) return std::nullopt;
  const auto first = make_plan(recipe, *any, graph, checkpoint, sources, options, diagnostics);
  if (!first || !are_wanted(scores, wanted_scores(recipe, graph, *groups, first->origins), recipe.budget->span, diagnostics))
    return std::nullopt;
  int64_t size_less = size != nullptr ? file_bytes(*first) - counted_bytes(*any, graph, checkpoint) : 0;
  // Headers differ a little between choices.
  for (;;) {
    auto spent = spend(recipe, typed, graph, checkpoint, sources, *groups, scores, size_less, diagnostics);
    if (!spent) return std::nullopt;
    auto chosen = check_chosen(recipe, typed, spent->chosen, graph, checkpoint, sources, diagnostics);
    if (!chosen) return std::nullopt;
    auto plan = make_plan(recipe, *chosen, graph, checkpoint, sources, options, diagnostics);
    if (!plan) return std::nullopt;
    const int64_t bytes = file_bytes(*plan);
    if (size != nullptr && static_cast<double>(bytes) > size->limit) {
      size_less += bytes - static_cast<int64_t>(size->limit);
      continue;
    }
    if (SpentLimit* reported = spent_size(spent->allocation)) reported->used = static_cast<double>(bytes);
    plan->allocation = std::move(spent->allocation);
    return ChosenPlan{std::move(*chosen), std::move(*plan), *groups};
  }
}

}  // namespace lcr
