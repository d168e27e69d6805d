#pragma once

#include <string>
#include <vector>

// Files that tests read and expected outputs that they compare with.
namespace lcr::golden {

// A path below the tests folder.
std::string path(const std::string& below);
std::string read(const std::string& path);
// All files below a folder whose names end so, sorted.
std::vector<std::string> list(const std::string& folder, const std::string& ending);

// Fails the running test when the file differs from `actual`. With LCR_UPDATE=1 in the environment the file is
// written instead.
void expect_equal(const std::string& path, const std::string& actual);

}  // namespace lcr::golden
