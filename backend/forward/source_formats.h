#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/language/format.h"
#include "compiler/model/graph.h"

namespace lcr {

// What config.json's quantization_config says about a checkpoint that is quantized already.
struct SourceFormats {
  // Of fp8 blocks, rows x columns of a scale.
  int64_t block_rows = 128, block_columns = 128;
  // By module: of those that a compressed-tensors group targets and `ignore` does not name. Activation formats
  // included; output formats too.
  std::unordered_map<uint32_t, Precision> modules;
};

// Matches targets as compressed-tensors does: exact names before regular expressions before classes (`Linear`,
// `Embedding`), each in alphabetical order. A config without quantization gives defaults; one that cannot be read is
// reported.
SourceFormats read_source_formats(const Checkpoint& checkpoint, const ModelGraph& graph, Diagnostics& diagnostics);

}  // namespace lcr
