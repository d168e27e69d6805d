#pragma once

#include <cstdint>
#include <string>

#include "compiler/model/checkpoint.h"
#include "compiler/model/graph.h"

namespace lcr {

// For people: one line a module, alike layers and experts once ("model.layers.{0..31}"), with kinds, roles, shapes and
// stored dtypes, then what is fused, tied, copied and dropped.
std::string render_tree(const ModelGraph& graph, const Checkpoint& checkpoint);

// Every module, attention point, fused group, tie and passed tensor as one JSON object; no weights.
std::string tree_json(const ModelGraph& graph, const Checkpoint& checkpoint);

// Values of all tensors that the model owns: tied weights once, copied and dropped tensors not.
int64_t parameter_count(const ModelGraph& graph);

// "fp8 blocks", "mxfp4", "compressed-tensors"; empty for plain tensors.
std::string_view name_of(TensorView::Codec codec);

}  // namespace lcr
