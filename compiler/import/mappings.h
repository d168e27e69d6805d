#pragma once

#include "compiler/import/program.h"

namespace lcr::foreign {

// Reports mappings that the model does not allow: a reader of a scaled layer that the mapping forgets, since dividing
// what is written and not multiplying what reads it changes the function; and layers whose outputs cannot be scaled.
void check_mappings(const Program& program, const TargetMatcher& model, Diagnostics& diagnostics);

}  // namespace lcr::foreign
