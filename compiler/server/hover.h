#pragma once

#include "compiler/server/requests.h"

namespace lcr::server {

// What the thing under the cursor is: a selection with what it matches, a declared name, an algorithm, observer,
// parameter, field or word of the language.
Answer hover(Server& server, const Json& params);

}  // namespace lcr::server
