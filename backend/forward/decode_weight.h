#pragma once

#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "backend/forward/source_formats.h"
#include "compiler/model/graph.h"

namespace lcr {

// A stored tensor with its name.
struct StoredPart {
  std::string_view name;
  at::Tensor tensor;
};

// The float32 matrix [out, in] that stored parts encode. `weights` is the format of compressed-tensors weights.
at::Tensor decode_weight(TensorView::Codec codec, const std::vector<StoredPart>& parts, const SourceFormats& formats,
                         const Format* weights, int64_t out, int64_t in);

}  // namespace lcr
