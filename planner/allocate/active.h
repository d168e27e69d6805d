#pragma once

#include <vector>

#include "compiler/model/graph.h"

namespace lcr {

// The share of tokens that a module sees, by module: of an expert the experts that are chosen over those there are; else 1.
std::vector<double> active_shares(const ModelGraph& graph);

}  // namespace lcr
