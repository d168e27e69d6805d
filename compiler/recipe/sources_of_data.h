#pragma once

#include <vector>

#include "compiler/recipe/binder.h"

namespace lcr::binding {

// `text("a.jsonl", samples = 100)`, or a list of such. Those that are wrong are reported and left out.
std::vector<DataSource> read_data(Binder& binder, Scope& scope, const syntax::Value& value);

}  // namespace lcr::binding
