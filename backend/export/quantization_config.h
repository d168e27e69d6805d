#pragma once

#include <string>

#include "compiler/language/format.h"
#include "planner/plan/plan.h"

namespace lcr {

// config.json of an export: the source's text with its keys in their order, and
// - compressed_tensors: `quantization_config` with the plan's targets and ignore list, in the schema of
//   compressed-tensors (fields that older readers do not know are left out where the format does not need them);
//   The source's own object instead where the plan says so. Caches are `kv_cache_scheme`, alone where no weights are
//   quantized;
// - dense: without any `quantization_config`;
// - `tie_word_embeddings` false when something was untied, the dtype when the export changes it.
std::string exported_config(const std::string& source_config, const Plan& plan, const PlannedExport& exported);

}  // namespace lcr
