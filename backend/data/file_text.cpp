#include "backend/data/file_text.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/driver.h"

namespace lcr {
namespace {

std::nullopt_t unreadable(const std::string& path, int error, Diagnostics& diagnostics) {
  diagnostics.report(codes::L0001, fmt::format("`{}` cannot be read: {}", path, std::strerror(error))).with("file", path);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> read_file_text(const std::string& path, Diagnostics& diagnostics) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) return unreadable(path, errno, diagnostics);
  std::string text;
  size_t used = 0;
  do {
    text.resize(std::max<size_t>(1 << 20, used * 2));
    used += std::fread(text.data() + used, 1, text.size() - used, file.get());
  } while (used == text.size());
  if (std::ferror(file.get())) return unreadable(path, errno, diagnostics);
  text.resize(used);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  return text;
}

}  // namespace lcr
