#pragma once

#include "compiler/server/requests.h"

namespace lcr::server {

// The legend that the numbers of the tokens index.
Json token_legend();
Answer semantic_tokens(Server& server, const Json& params);
Answer semantic_tokens_range(Server& server, const Json& params);

}  // namespace lcr::server
