#pragma once

#include <cstdint>
#include <unordered_map>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/language/format.h"
#include "compiler/model/graph.h"

namespace lcr {

// By module: the formats that config.json's quantization_config gives it. How weights lie in the file is told by the
// tensors themselves; from here come the formats of inputs and outputs.
using SourceFormats = std::unordered_map<uint32_t, Precision>;

// Modules that a compressed-tensors group targets and `ignore` does not name. Targets match as there: exact names
// before regular expressions before classes (`Linear`, `Embedding`), each in alphabetical order. Without such a config
// none; an expression that cannot be read is reported.
SourceFormats read_source_formats(const Checkpoint& checkpoint, const ModelGraph& graph, Diagnostics& diagnostics);

}  // namespace lcr
