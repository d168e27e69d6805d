#pragma once

#include "compiler/server/requests.h"

namespace lcr::server {

// Where a name is declared, also in stdlib; where a module of `use` and `extends` is.
Answer definition(Server& server, const Json& params);
// Every use of a name in the open documents and the recipes of the workspace.
Answer references(Server& server, const Json& params);
// The same within one document, for highlighting.
Answer highlights(Server& server, const Json& params);
Answer prepare_rename(Server& server, const Json& params);
Answer rename(Server& server, const Json& params);

}  // namespace lcr::server
