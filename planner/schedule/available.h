#pragma once

#include "compiler/check/typed_recipe.h"

namespace lcr {

// Reports what of a recipe this version cannot run: whatever needs calibration data, rewrites other modules or chooses
// precisions by itself. False when something was reported.
bool available(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, Diagnostics& diagnostics);

}  // namespace lcr
