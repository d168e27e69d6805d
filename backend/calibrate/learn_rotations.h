#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "backend/calibrate/unit_store.h"
#include "backend/calibrate/tiles.h"
#include "backend/rotations/learned_rotations.h"

namespace lcr {

// The matrices that an earlier process of the run learned; nothing when there are none. Reports L6001.
std::optional<LearnedRotations> stored_rotations(const Plan& plan, const ModelGraph& graph, SolvedStore& store, Diagnostics& diagnostics);

// Learns the plan's rotations on rows of the tiles and keeps them in the store: Cayley SGD on the loss of RotatedModel
// (SpinQuant, arXiv 2405.16406). The rotation's seed says where it starts and which rows a step takes. Nothing when
// something was reported or `stop` was set.
std::optional<LearnedRotations> learn(const Plan& plan, const ModelGraph& graph, const Weights& base,
                                      const std::vector<CalibrationTile>& tiles, const TellEvent& tell, SolvedStore& store,
                                      const std::atomic<bool>& stop, Diagnostics& diagnostics);

}  // namespace lcr
