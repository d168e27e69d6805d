#pragma once

#include <vector>

#include "compiler/language/encoding.h"
#include "compiler/model/graph.h"

namespace lcr {

// Every tensor that a format stores for one attention point, beside the attention: "k_scale", one number or one a head.
// Nothing for formats whose scales come at run time. `model`: the dtype that scales of ScaleType::Model take.
std::vector<EncodedTensor> plan_cache(const Format& format, AttentionPoint::Kind kind, int64_t heads, Dtype model);

}  // namespace lcr
