#pragma once

#include <vector>

#include "compiler/import/program.h"

namespace lcr::foreign {

// What the other tool itself does to every module of a model: targets in its order of asking, later modifiers over
// earlier ones, `ignore` last.
std::vector<const Scheme*> reference_schemes(const Program& program, const TargetMatcher& model);  // null: none
std::vector<bool> reference_pruned(const Program& program, const TargetMatcher& model);

}  // namespace lcr::foreign
