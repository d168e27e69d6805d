#pragma once

#include <string>

#include "compiler/facts/facts.h"

namespace lcr {

// The facts as text. Layers that have the same facts stand together, experts are collapsed to `*`, and the rotation of
// the residual stream comes last. A part of a weight is named by its rows or columns, `qkv_proj[96..<128 of 128]`; the
// power of a scale that is not one by `^2`.
std::string dump(const ModelGraph& graph, const Facts& facts);

}  // namespace lcr
