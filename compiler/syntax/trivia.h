#pragma once

#include "compiler/syntax/from_antlr.h"

namespace lcr::syntax {

// Moves the comments into the file and gives every header and statement the `##` lines right above it.
void take_comments(const Reader& reader, const Tokens& tokens, File& file);

}  // namespace lcr::syntax
