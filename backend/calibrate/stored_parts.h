#pragma once

#include "backend/algorithms/grid.h"
#include "backend/storage/solved_store.h"
#include "backend/forward/fake_quantize.h"
#include "compiler/model/graph.h"

namespace lcr {

// The encoding of a solved weight, part by part.
void add_parts(SolvedWriter& writer, const Module& module, PackedWeight stored);

// The scales of a static input or output format, in the dtypes and shapes that the encoding plans for the module.
void add_activation_scales(SolvedWriter& writer, const Module& module, const Precision& precision, Dtype scale_dtype,
                           const ActivationScales& scales, bool output);

// Those of an attention point, by the point's path.
void add_point_scales(SolvedWriter& writer, const std::string& path, const std::vector<EncodedTensor>& tensors,
                      const ActivationScales& scales);

// f32 [out, in] on the CPU: what a module's parts in the store stand for.
at::Tensor decode_parts(const SolvedStore& store, const Module& module, const Precision& precision, Dtype scale_dtype);

}  // namespace lcr
