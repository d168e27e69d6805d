#pragma once

#include <string>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/tree.h"

namespace lcr {

// The span without its own text, to insert before or after.
Span before(Span span);
Span after(Span span);
// Whole lines: of a statement, the `##` comments right above it and the end of its last line.
Span lines_of(const Sources& sources, Span statement);
// Removes a statement with its documentation.
Fix remove_statement(const Sources& sources, Span statement, Applicability applicability);

}  // namespace lcr
