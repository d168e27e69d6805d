#pragma once

#include <optional>
#include <string>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// The whole file, without a byte order mark; empty after a diagnostic.
std::optional<std::string> read_file_text(const std::string& path, Diagnostics& diagnostics);

}  // namespace lcr
