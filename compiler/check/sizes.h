#pragma once

#include <cstdint>

#include "compiler/check/typed_recipe.h"

namespace lcr {

// Bytes of a module in the source, as stored; 0 for a module whose weight another one owns.
int64_t stored_bytes(const ModelGraph& graph, const Checkpoint& checkpoint, const Module& module);

// Bytes of a module in the export, its bias and scales included. An `auto` assignment counts as its first candidate.
int64_t exported_bytes(const ModelGraph& graph, const Checkpoint& checkpoint, const TypedRecipe& typed,
                       uint32_t module);

// The same with a candidate in the place of what the recipe says (null: kept), of all tensors and of the weight with its
// scales alone.
struct ModuleBytes {
  int64_t all = 0, weight = 0;
};
ModuleBytes exported_bytes_as(const ModelGraph& graph, const Checkpoint& checkpoint, const TypedRecipe& typed,
                              uint32_t module, const Precision* precision);
ModuleBytes exported_bytes_of(const ModelGraph& graph, const Checkpoint& checkpoint, const TypedRecipe& typed, uint32_t module);

}  // namespace lcr
