#pragma once

#include <string>

#include "compiler/syntax/tokens.h"

namespace lcr::syntax {

// Reads the tokens as a file with exact ambiguity detection. Gives what was reported: errors, ambiguities, decisions
// that needed the full context. Empty is good.
std::string reports_of(Tokens& tokens);

}  // namespace lcr::syntax
