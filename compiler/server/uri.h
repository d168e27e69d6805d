#pragma once

#include <string>
#include <string_view>

namespace lcr::server {

// The path of a `file:` URI, percent escapes resolved; the URI itself for every other kind (untitled texts).
std::string path_of_uri(std::string_view uri);
std::string uri_of_path(std::string_view path);

}  // namespace lcr::server
