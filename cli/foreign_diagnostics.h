#pragma once

#include <string>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr::cli {

// Reads what `--format json` prints, as the backend sends it, back into diagnostics of this process. Labels that name
// files of which this process has no text become notes "at FILE:LINE:COLUMN".
Diagnostics read_diagnostics(const std::string& json, const Sources& sources);

}  // namespace lcr::cli
