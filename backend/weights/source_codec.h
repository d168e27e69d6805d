#pragma once

#include <cstdint>
#include <optional>

#include "backend/formats/codec.h"
#include "compiler/model/graph.h"

namespace lcr {

// A quantized tensor of the source: how its parts decode, and which stored tensors they are.
struct SourceCodec {
  Codec codec;
  // Into Checkpoint::tensors; -1: the codec has no such part.
  int64_t codes = -1, scales = -1, zero_points = -1, global = -1;
};

// Reads the codec of a view off the names, dtypes and shapes of its parts, and off what the view was told of the source's
// configuration. Nothing when the parts fit no known codec.
std::optional<SourceCodec> source_codec(const TensorView& view, const Checkpoint& checkpoint, int64_t out, int64_t in);

}  // namespace lcr
