#pragma once

#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/graph.h"
#include "compiler/select/select.h"

namespace lcr {

// "1 module", "6144 modules"
std::string count_of(size_t count, bool points = false);

// Adds which units a diagnostic is about: a note with the first and how many more, the count and the first names as
// data.
Diagnostic& name_units(Diagnostic& diagnostic, const ModelGraph& graph, const std::vector<uint32_t>& units,
                       bool points = false);

}  // namespace lcr
