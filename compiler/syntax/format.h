#pragma once

#include <string>

#include "compiler/syntax/tree.h"

namespace lcr::syntax {

// The canonical text of a file that was read without syntax errors: no options, idempotent, comments kept, same
// meaning (parse(format(file)) equals the file but for spans).
std::string format(const Sources& sources, const File& file);

}  // namespace lcr::syntax
