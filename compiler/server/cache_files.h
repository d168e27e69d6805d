#pragma once

#include <string>
#include <string_view>

#include "compiler/source/source.h"

namespace lcr::server {

// Embedded texts (the standard library, pages of diagnostics) as files, since every editor can open those: below
// $XDG_CACHE_HOME/lcr, ~/.cache/lcr, or the folder for temporary files, in a folder of their content's hash. Written
// once a process, read-only. Empty when nothing can be written.
std::string cache_file(const std::string& name, std::string_view text);

// Where an editor finds a text that was read: the user's file, or the cached one of a module of stdlib.
std::string uri_of_source(const SourceFile& file);
// "std.roles" of `std/roles.lcr`, as it is read from within, and of the file that cache_file made of it; empty for every
// other path.
std::string module_of_path(const std::string& path);

}  // namespace lcr::server
