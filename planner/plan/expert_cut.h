#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/elaborate.h"
#include "planner/plan/plan.h"

// A model without some of its experts, as a checkpoint and a graph of their own: plans are made for it, and everything
// that runs after the experts were chosen sees nothing else.
namespace lcr {

// Whether a pruner removes experts rather than weights.
inline bool removes_experts(const Algorithm& pruner) { return pruner.name == "reap"; }

// The key of a plan's pruning that removes experts; empty: none does.
std::string expert_pruning(const Plan& plan);

// A use of a dispatch.
struct ExpertPlace {
  uint32_t instance = 0, node = 0;  // into the instance's template
  auto operator<=>(const ExpertPlace&) const = default;
};

// What the experts of a dispatch are chosen from.
struct ExpertChoice {
  int64_t experts = 0, kept = 0;
  int64_t groups = 1;             // of a router that chooses groups first: equally many stay in each
  std::vector<uint32_t> modules;  // Template::modules whose rows are experts: the router, what is added to its scores
};

// Of every dispatch of a model. Reports L5015 for routers that cannot be cut, and shares that leave fewer than a token needs.
std::optional<std::map<ExpertPlace, ExpertChoice>> expert_choices(const ModelGraph& graph, double share, Diagnostics& diagnostics);

// By dispatch, ascending numbers in the source.
using KeptExperts = std::map<ExpertPlace, std::vector<int64_t>>;

// A tensor of which some rows stay.
struct RowCut {
  uint32_t source = 0, tensor = 0;  // into the source's tensors, and into CutModel::checkpoint's
  ExpertPlace place;
};

struct CutModel {
  Checkpoint checkpoint;  // of kept experts' tensors, under their new numbers; cut tensors have shapes, and no place yet
  ModelGraph graph;
  std::vector<RowCut> rows;
};

// The model with these experts, numbered anew in their order; with the first ones when `kept` is null, which has the
// same names, shapes and sizes. Reports L5015 where the source stores experts in one tensor, and where no key of
// config.json counts them.
std::optional<CutModel> cut_experts(const Checkpoint& checkpoint, const ModelGraph& graph, double share, const KeptExperts* kept,
                                    const ElaborateOptions& options, Diagnostics& diagnostics);

}  // namespace lcr
