#pragma once

#include <cstdint>
#include <vector>

#include "backend/forward/liveness.h"
#include "compiler/model/graph.h"

namespace lcr {

// Nodes of the model's own template that run one after another for a pack before the next pack's turn: one layer, or all
// between two layers. A layer stands alone, so that its weights are loaded for all packs and let go.
struct ModelStage {
  std::vector<uint32_t> nodes;
  bool layer = false;
};

// Those that run, in order. At least one.
std::vector<ModelStage> stages_of(const Template& model, const Liveness& live);

// The model's inputs are nodes of its template: `ids` is given, nothing else.
std::vector<bool> absent_inputs(const ModelGraph& graph);

}  // namespace lcr
