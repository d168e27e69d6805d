#pragma once

#include <string>
#include <variant>

#include "compiler/server/server.h"

namespace lcr::server {

using Answer = std::variant<Json, Failure>;
using RequestHandler = Answer (*)(Server&, const Json& params);

// The function of a request's method; null when there is none.
RequestHandler find_request(const std::string& method);
// What the server can do, for the answer to `initialize`.
Json capabilities(Units units);

}  // namespace lcr::server
