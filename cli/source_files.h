#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lcr::cli {

// The .lcr files of folders, at any depth, in the order of their names; anything else as it is.
std::vector<std::string> expand(const std::vector<std::string>& paths);

// What changed between two texts of a file, in the unified format; `what` describes the second one.
std::string unified_diff(const std::string& path, std::string_view before, std::string_view after,
                         std::string_view what);

}  // namespace lcr::cli
