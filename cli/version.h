#pragma once

#include <string>

namespace lcr::cli {

// "0.1.0"
std::string version();
// What `lcr --version` prints: the version, the standard library, and the backend that `run` would load.
std::string version_text();

}  // namespace lcr::cli
