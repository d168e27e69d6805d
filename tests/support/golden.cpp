#include "tests/support/golden.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace lcr::golden {

std::string path(const std::string& below) { return std::string(LCR_SOURCE_DIR) + "/tests/" + below; }

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> list(const std::string& folder, const std::string& ending) {
  std::vector<std::string> result;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    std::string name = entry.path().string();
    if (entry.is_regular_file() && name.size() >= ending.size() &&
        name.compare(name.size() - ending.size(), ending.size(), ending) == 0) {
      result.push_back(name);
    }
  }
  std::sort(result.begin(), result.end());
  return result;
}

void expect_equal(const std::string& path, const std::string& actual) {
  const char* update = std::getenv("LCR_UPDATE");
  if (update != nullptr && std::string(update) == "1") {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  EXPECT_EQ(read(path), actual) << path << " differs; LCR_UPDATE=1 rewrites it";
}

}  // namespace lcr::golden
