#pragma once

#include <optional>
#include <vector>

#include "compiler/check/chosen.h"
#include "planner/allocate/auto_groups.h"
#include "planner/schedule/make_plan.h"

namespace lcr {

// Whether a recipe leaves precisions to its budget.
bool chooses_precisions(const TypedRecipe& typed);

// What is to be measured before a choice can be made.
struct ScoreRequest {
  std::vector<AutoGroup> groups;
  Scores wanted;            // all but the numbers, which are 0
  // The plan with every group at its first candidate, at its second, …; kept where a group's list is shorter, and nothing
  // is pruned. Their jobs are measured, not written.
  std::vector<Plan> plans;
};

std::optional<ScoreRequest> request_scores(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                           const Checkpoint& checkpoint, Sources& sources, const PlanOptions& options,
                                           Diagnostics& diagnostics);

struct ChosenPlan {
  TypedRecipe typed;  // concrete
  Plan plan;          // with its allocation
  std::vector<AutoGroup> groups;  // as the allocation has them
};

// (typed recipe with `auto`, scores) -> typed recipe without, and its plan: as if the recipe had named the precisions. The
// size of the files is the plan's own. Reports scores of something else (L5017) and limits that cannot be met (L5001).
std::optional<ChosenPlan> plan_under_budget(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                            const Checkpoint& checkpoint, Sources& sources, const PlanOptions& options,
                                            const Scores& scores, Diagnostics& diagnostics);

}  // namespace lcr
