#pragma once

#include "compiler/server/requests.h"

namespace lcr::server {

// `» 192 modules` behind every selection that a statement writes.
Answer inlay_hints(Server& server, const Json& params);
// The same above the statement, with what it decides, as a command that lists them.
Answer code_lenses(Server& server, const Json& params);

}  // namespace lcr::server
