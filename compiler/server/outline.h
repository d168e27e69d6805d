#pragma once

#include "compiler/server/requests.h"

namespace lcr::server {

// The statements of a document with their names.
Answer document_symbols(Server& server, const Json& params);
// Statements and comments of several lines.
Answer folding_ranges(Server& server, const Json& params);

}  // namespace lcr::server
