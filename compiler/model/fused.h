#pragma once

#include "compiler/model/elaborator.h"
#include "compiler/model/text_arena.h"

namespace lcr::elaboration {

// What servers merge, by the `fused` statements of a description and of its parts: modules with one parent whose paths
// end in the members' paths. Found once a template, then given for every layer and expert.
void collect_fused(ModelGraph& graph, const Scope& scope, TextArena& arena);

}  // namespace lcr::elaboration
