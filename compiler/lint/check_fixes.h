#pragma once

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/tree.h"

namespace lcr {

// Adds to a finding of `check` the fixes that its place in the text allows: `expect N`, `optional`, a suggested name,
// `override`, what to leave out. Findings about other files, and codes without a known fix, stay as they are.
void add_fixes(const Sources& sources, const syntax::File& file, Diagnostic& diagnostic);

}  // namespace lcr
