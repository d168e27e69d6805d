#pragma once

#include "compiler/recipe/binder.h"

namespace lcr::binding {

// Reads the rules of a file in text order: default, keep, quantize, prune, transform, untie, dequantize. `level` is the
// file's place in the chain of extends. A rule that is wrong is reported and left out.
void read_rules(Binder& binder, Scope& scope, int level);

}  // namespace lcr::binding
