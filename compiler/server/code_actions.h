#pragma once

#include "compiler/server/requests.h"

namespace lcr::server {

// The fixes of the diagnostics in a range, and what can be done to the selection there: `expect N`, `optional`, a
// regular expression as the glob that matches the same modules. `source.fixAll.lcr` applies every safe fix.
Answer code_actions(Server& server, const Json& params);

}  // namespace lcr::server
