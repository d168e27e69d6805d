#include "cli/output.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/core.h>

#include "compiler/diagnostics/codes/driver.h"

namespace lcr::cli {

bool write_file(Session& session, const std::string& path, const std::string& text) {
  if (path == "-") {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return true;
  }
  std::string temporary = path + ".tmp";
  std::error_code error;
  {
    std::ofstream stream(temporary, std::ios::binary);
    stream << text;
    stream.flush();
    if (!stream) error = std::make_error_code(std::errc::io_error);
  }
  if (!error) std::filesystem::rename(temporary, path, error);
  if (!error) return true;
  std::error_code ignored;
  std::filesystem::remove(temporary, ignored);
  session.diagnostics.report(codes::L0004, fmt::format("`{}` cannot be written", path))
      .help("check that its folder exists and that there is space");
  return false;
}

}  // namespace lcr::cli
