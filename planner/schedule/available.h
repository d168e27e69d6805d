#pragma once

#include "compiler/check/typed_recipe.h"

namespace lcr {

// Reports what of a recipe this version cannot run. False when something was reported.
bool available(const Recipe& recipe, const TypedRecipe& typed, Diagnostics& diagnostics);

}  // namespace lcr
