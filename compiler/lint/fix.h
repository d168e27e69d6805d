#pragma once

#include <string>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

struct Fixed {
  std::string text;
  size_t applied = 0;
};

// The text of a file with the first fix of each finding that may be applied. Of fixes that touch the same bytes the
// first one in the file is taken; a further round finds the others again. Fixes that edit other files are left.
Fixed apply_fixes(const Sources& sources, uint32_t file, const Diagnostics& diagnostics, bool unsafe);

}  // namespace lcr
