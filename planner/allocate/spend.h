#pragma once

#include <optional>
#include <vector>

#include "compiler/check/chosen.h"
#include "compiler/diagnostics/diagnostic.h"
#include "planner/allocate/auto_groups.h"
#include "planner/plan/allocation.h"

namespace lcr {

struct Spent {
  ChosenCandidates chosen;
  PlannedAllocation allocation;
};

// Chooses a candidate for every group: the least sum of scores within the budget's limits; with `kl` alone the fewest
// bytes. `size` counts the weights' files, but for `size_less` bytes that are known to be taken by what is not counted
// here. Bits count codes and scales of the weights that the limit is over; `active` those that one token sees, experts by
// their share. Reports limits that no choice meets (L5001). `scores` are of these groups, in order.
std::optional<Spent> spend(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, const Checkpoint& checkpoint,
                           const Sources& sources, const std::vector<AutoGroup>& groups, const Scores& scores,
                           int64_t size_less, Diagnostics& diagnostics);

}  // namespace lcr
