#pragma once

#include <string>
#include <vector>

#include "compiler/check/name_shapes.h"

namespace lcr {

// The names of each label, from 0 up, as few patterns: numbers that do not matter are `*`, others are listed, and
// names that differ in their last segment alone stand together: "model.layers.{0..3}.mlp.{gate_proj,up_proj}".
std::vector<std::vector<std::string>> patterns_of(const std::vector<LabelledName>& names, size_t labels);

}  // namespace lcr
