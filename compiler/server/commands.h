#pragma once

#include <string>
#include <vector>

#include "compiler/server/requests.h"

namespace lcr::server {

std::vector<std::string> command_names();
// workspace/executeCommand: lcr.setModel, lcr.reloadModel, lcr.matches, lcr.why.
Answer execute_command(Server& server, const Json& params);

}  // namespace lcr::server
