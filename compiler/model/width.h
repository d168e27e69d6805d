#pragma once

#include <cstdint>

#include "compiler/model/graph.h"

namespace lcr {

// Features of the widest value that leaves a layer: what one token takes between two of them. At least 1.
int64_t widest_layer_output(const ModelGraph& graph);

}  // namespace lcr
