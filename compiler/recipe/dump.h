#pragma once

#include <string>

#include "compiler/recipe/recipe.h"
#include "compiler/source/source.h"

namespace lcr {

// A recipe with everything written out, one thing a line, in the spelling of the language where it has one: for people
// and for tests.
std::string to_string(const Recipe& recipe, const Sources& sources);
std::string to_string(const Selection& selection, const Recipe& recipe);

}  // namespace lcr
