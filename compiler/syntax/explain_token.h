#pragma once

#include "compiler/syntax/explain.h"

namespace lcr::syntax {

// Reports the token itself, when no place in the language has one like it: a unit that does not exist, a missing
// quote, a stray character. False for every other token.
bool explain_bad_token(const Scene& scene, size_t token);

// `80 GiB`: reports when the token, or the one before it, is a unit behind a number without one.
bool explain_spaced_unit(const Scene& scene, size_t token);

}  // namespace lcr::syntax
