#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/check/typed_recipe.h"
#include "planner/plan/plan.h"
#include "planner/schedule/handling.h"

namespace lcr {

// Where the jobs of the plan came from: what the shards are cut by.
struct JobOrigin {
  // For every expert (or once): the first module as an offset into its instance's modules, or a stored tensor.
  std::vector<uint32_t> first;
  bool stored = false;
};

// The units of a plan with their jobs (tiles and operations still open), and how they lie in the graph.
struct Grouping {
  std::vector<std::vector<uint32_t>> modules;   // of every instance of the graph, in order
  std::vector<uint32_t> unit, place;            // of every instance: its unit, and where it stands in Unit::instances
  std::vector<std::vector<JobOrigin>> origins;  // of every unit's jobs
};

// Fills Plan::units, precisions and stacks. Instances whose modules have the same shapes, storage and assignments
// become one unit; stored tensors that several instances view, or that are named outside of theirs, are copied by unit
// 0.
Grouping group_jobs(const TypedRecipe& typed, const ModelGraph& graph, const Checkpoint& checkpoint,
                    const std::vector<Handling>& handling, const Rewrites& rewrites, Plan& plan);

}  // namespace lcr
