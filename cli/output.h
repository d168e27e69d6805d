#pragma once

#include <string>

#include "cli/session.h"

namespace lcr::cli {

// Writes a whole file through a temporary name, so that readers see the old text or the new one; reports L0004.
// `-` is standard output.
bool write_file(Session& session, const std::string& path, const std::string& text);

}  // namespace lcr::cli
