#pragma once

#include <atomic>
#include <map>
#include <string>
#include <utility>

#include "backend/calibrate/model_state.h"
#include "backend/calibrate/unit_store.h"
#include "backend/calibrate/unit_tasks.h"

namespace lcr {

// What one look at all layers of the unchanged model decides before any weight changes.
struct Survey {
  // Of `profile = owl`: the share that is pruned of a layer, by the pruning's key and the instance.
  std::map<std::pair<std::string, uint32_t>, double> shares;
};

// Runs the model once, or takes what an earlier process of the run found. Nothing when something was reported or `stop`
// was set. `model` is the unchanged one, on tiles of its own.
std::optional<Survey> survey(const Plan& plan, const ModelGraph& graph, ModelState& model, const TellEvent& tell, SolvedStore& store,
                             const std::atomic<bool>& stop, Diagnostics& diagnostics);

}  // namespace lcr
