#pragma once

#include <atomic>
#include <map>
#include <optional>

#include "backend/calibrate/model_state.h"
#include "backend/calibrate/unit_store.h"
#include "planner/plan/expert_cut.h"

namespace lcr {

using ExpertChoices = std::map<ExpertPlace, ExpertChoice>;

// What an earlier process of the run chose; nothing when it did not, or the file is damaged (reported).
std::optional<KeptExperts> stored_experts(const ModelGraph& graph, const ExpertChoices& choices, SolvedStore& store,
                                          Diagnostics& diagnostics);

// Runs the unchanged model once, drops the experts of each layer whose outputs' norms, times their gates, are the lowest on
// the tokens that come to them, and keeps the choice in the store. Nothing when something was reported or `stop` was set.
std::optional<KeptExperts> weigh_experts(const Plan& plan, const ModelGraph& graph, ModelState& model, const ExpertChoices& choices,
                                         const TellEvent& tell, SolvedStore& store, const std::atomic<bool>& stop,
                                         Diagnostics& diagnostics);

}  // namespace lcr
