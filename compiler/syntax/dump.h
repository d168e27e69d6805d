#pragma once

#include <string>

#include "compiler/syntax/tree.h"

namespace lcr::syntax {

// The tree as an s-expression, one statement a line, without spans and comments: two files mean the same to every
// later stage exactly when their dumps are equal.
std::string dump(const File& file);

std::string dump(const Value& value);
std::string dump(const Graph& graph);

}  // namespace lcr::syntax
