#pragma once

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/tree.h"

namespace lcr::syntax {

// Limits for hostile input; crossing one is a diagnostic.
struct Limits {
  size_t bytes = 4u << 20;
  int depth = 64;          // nested parentheses, brackets and braces
  int errors = 20;         // syntax errors reported for one file
};

// Reads one text of `sources` (never fails: what cannot be read is reported and left out). At most one error a
// statement; reading goes on at the next statement.
File parse(const Sources& sources, uint32_t file, Diagnostics& diagnostics, const Limits& limits = {});

}  // namespace lcr::syntax
