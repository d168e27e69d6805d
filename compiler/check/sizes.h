#pragma once

#include <cstdint>

#include "compiler/check/typed_recipe.h"

namespace lcr {

// Bytes of a module in the source, as stored; 0 for a module whose weight another one owns.
int64_t stored_bytes(const ModelGraph& graph, const Checkpoint& checkpoint, const Module& module);

// Bytes of a module in the export, its bias and scales included. An `auto` assignment counts as its first candidate.
int64_t exported_bytes(const ModelGraph& graph, const Checkpoint& checkpoint, const TypedRecipe& typed,
                       uint32_t module);

}  // namespace lcr
