#include "compiler/server/cache_files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include "compiler/server/uri.h"
#include "stdlib/stdlib.h"

namespace lcr::server {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view stdlib_folder = "stdlib-";

fs::path root() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/') return fs::path(cache) / "lcr";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return fs::path(home) / ".cache" / "lcr";
  std::error_code error;
  return fs::temp_directory_path(error) / fmt::format("lcr-{}", getuid());
}

// Through a temporary name, so that two servers at once leave a whole file.
bool write(const fs::path& path, std::string_view text) {
  std::error_code error;
  if (fs::file_size(path, error) == text.size() && !error) return true;
  fs::create_directories(path.parent_path(), error);
  const fs::path temporary = path.string() + fmt::format(".{}", getpid());
  {
    std::ofstream stream(temporary, std::ios::binary);
    stream.write(text.data(), static_cast<std::streamsize>(text.size()));
    if (!stream.flush()) return false;
  }
  fs::permissions(temporary, fs::perms::owner_read | fs::perms::group_read, error);
  fs::rename(temporary, path, error);
  return !error;
}

// std.roles of a source that the binder named std/roles.lcr
std::string module_of_name(const std::string& name) {
  if (!name.starts_with("std/") || !name.ends_with(".lcr")) return {};
  std::string module = name.substr(0, name.size() - 4);
  std::replace(module.begin(), module.end(), '/', '.');
  return stdlib::find(module) ? module : std::string();
}

}  // namespace

std::string cache_file(const std::string& name, std::string_view text) {
  static std::map<std::string, std::string> written;
  const auto known = written.find(name);
  if (known != written.end()) return known->second;
  const fs::path path = root() / fmt::format("{}{:016x}", name.starts_with("std/") ? stdlib_folder : "docs-", XXH3_64bits(text.data(), text.size())) / name;
  return written[name] = write(path, text) ? path.string() : std::string();
}

std::string uri_of_source(const SourceFile& file) {
  const std::string module = module_of_name(file.name());
  if (module.empty()) return uri_of_path(file.name());
  const std::string cached = cache_file(file.name(), *stdlib::find(module));
  return uri_of_path(cached.empty() ? file.name() : cached);
}

std::string module_of_path(const std::string& path) {
  if (std::string module = module_of_name(path); !module.empty()) return module;
  const std::string front = (root() / stdlib_folder).string();
  if (!path.starts_with(front)) return {};
  const size_t slash = path.find('/', front.size());
  return slash == std::string::npos ? std::string() : module_of_name(path.substr(slash + 1));
}

}  // namespace lcr::server
