#pragma once

#include <vector>

#include "compiler/check/typed_recipe.h"
#include "compiler/diagnostics/diagnostic.h"
#include "planner/allocate/auto_groups.h"
#include "planner/plan/allocation.h"
#include "planner/plan/stale.h"

namespace lcr {

// What scores for these groups are made from, with zeros for the numbers. The limits of the budget, what is exported, and
// where the work is done are no part of it: one measurement serves every limit.
Scores wanted_scores(const Recipe& recipe, const ModelGraph& graph, const std::vector<AutoGroup>& groups,
                     const std::vector<Origin>& origins);

// Whether scores are the wanted ones; reports what differs (L5017). Data that are not there now are not compared.
bool are_wanted(const Scores& scores, const Scores& wanted, Span budget, Diagnostics& diagnostics);

}  // namespace lcr
