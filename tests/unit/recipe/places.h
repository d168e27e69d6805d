#pragma once

#include <string>

namespace lcr::test {

// `text` with the folder of the tests left out of every path, so that it is the same everywhere.
inline std::string without_folder(std::string text, const std::string& folder) {
  std::string prefix = folder + "/";
  for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at))
    text.erase(at, prefix.size());
  return text;
}

}  // namespace lcr::test
