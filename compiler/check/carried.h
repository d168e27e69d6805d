#pragma once

#include "compiler/check/typed_recipe.h"

namespace lcr {

// Fills TypedRecipe::carried: the precisions of modules that stay as quantized as the source has them, where an export
// of compressed-tensors can describe them. The others are `lost`, unless the source's own configuration can stay.
void carry_source_precisions(const ModelGraph& graph, const Checkpoint& checkpoint, TypedRecipe& typed,
                             std::vector<uint32_t>& lost, bool rewritten);

}  // namespace lcr
