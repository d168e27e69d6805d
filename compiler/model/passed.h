#pragma once

#include <vector>

#include "compiler/model/codecs.h"
#include "compiler/model/graph.h"
#include "compiler/model/spelling.h"
#include "compiler/model/text_arena.h"

namespace lcr::elaboration {

// Tensors that no module uses and that a `copy` or `drop` of the description, or of its parts, names. The copied ones
// become opaque modules of the model's own template, one for each path that they share, behind all other modules. What a
// codec decodes is one tensor of such a module, the first.
void pass_on(ModelGraph& graph, Elaborator& elaborator, const Checkpoint& checkpoint, const Codecs& codecs,
             const Spelling& spelling, std::vector<bool>& used, TextArena& arena);

}  // namespace lcr::elaboration
