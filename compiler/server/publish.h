#pragma once

#include "compiler/server/analysis.h"

namespace lcr::server {

// Parameters of textDocument/publishDiagnostics. What is found in an imported file is shown at the statement that
// imports it, with the place as related information.
Json diagnostics_of(const Document& document, const Analysis& analysis, Units units);

// One of them.
Json diagnostic_of(const Document& document, const Analysis& analysis, const Diagnostic& diagnostic, Units units);

// A code's page as a file that an editor can open; empty when the code is not explained or nothing can be written.
std::string page_uri(std::string_view code);

}  // namespace lcr::server
