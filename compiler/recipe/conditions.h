#pragma once

#include <optional>

#include "compiler/recipe/binder.h"

namespace lcr::binding {

// `in % 128 == 0` as a program over the sizes of a module.
std::optional<WhereTerm> read_condition(Binder& binder, const syntax::Comparison& comparison);

}  // namespace lcr::binding
