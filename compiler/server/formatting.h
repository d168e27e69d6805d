#pragma once

#include "compiler/server/documents.h"

namespace lcr::server {

// The edits that make a document canonical: the lines that differ. Null for a text with syntax errors.
Json formatting_edits(const Document& document, Units units);

}  // namespace lcr::server
