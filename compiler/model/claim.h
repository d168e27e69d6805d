#pragma once

#include <string>
#include <vector>

#include "compiler/model/graph.h"
#include "compiler/model/layout.h"
#include "compiler/model/spelling.h"
#include "compiler/model/text_arena.h"

namespace lcr::elaboration {

// Gives every tensor of every module its place in the checkpoint and every tensor of the checkpoint its use: owned,
// companion of a quantized weight, duplicate of a tied one, copied or dropped. Reports what is missing, left over or
// of another shape.
void claim(ModelGraph& graph, Elaborator& elaborator, const Checkpoint& checkpoint, const Json& config,
           const Spelling& spelling, TextArena& arena, Diagnostics& diagnostics);

}  // namespace lcr::elaboration
