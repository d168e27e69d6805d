#pragma once

#include <atomic>

#include "backend/storage/source_files.h"
#include "compiler/model/graph.h"

namespace lcr {

// Whether every copy of a tied weight that the source stores all the same is the weight that it is tied to, bit by bit;
// reads both. Reports L6004 for one that is not, and what cannot be read; false also when `stop` was set.
bool check_tied_copies(const ModelGraph& graph, const Checkpoint& checkpoint, SourceFiles& files,
                       const std::atomic<bool>& stop, Diagnostics& diagnostics);

}  // namespace lcr
