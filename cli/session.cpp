#include "cli/session.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/core.h>
#include <unistd.h>

#include "compiler/diagnostics/codes/driver.h"
#include "compiler/diagnostics/codes/review.h"
#include "compiler/diagnostics/codes/run.h"
#include "compiler/diagnostics/render.h"

namespace lcr::cli {

namespace {

bool set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

bool use_unicode() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!set(variable)) continue;
    std::string locale = std::getenv(variable);
    return locale.find("UTF-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

bool is_failure(const Diagnostic& diagnostic) {
  constexpr Code failures[] = {codes::L0001, codes::L0002, codes::L0003, codes::L0004, codes::L0005, codes::L0007,
                               codes::L0008, codes::L6001, codes::L6010, codes::L0020, codes::L0021, codes::L0022};
  return std::find(std::begin(failures), std::end(failures), diagnostic.code) != std::end(failures);
}

bool Session::use_color() const {
  if (color != "auto") return color == "always";
  if (set("NO_COLOR")) return false;
  const char* forced = std::getenv("CLICOLOR_FORCE");
  if (forced != nullptr && std::string(forced) != "0") return true;
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) && !(terminal != nullptr && std::string(terminal) == "dumb");
}

std::optional<std::string> read_text(const std::string& path, Diagnostics& diagnostics) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.is_open() && !stream.bad()) return text;
  diagnostics.report(codes::L0001, fmt::format("`{}` cannot be read", path)).help("check the path and its permissions");
  return std::nullopt;
}

uint32_t Session::read(const std::string& path) {
  std::optional<std::string> text = read_text(path, diagnostics);
  return text ? sources.add(path == "-" ? "<stdin>" : path, std::move(*text)) : 0;
}

int Session::finish() {
  const std::string text = render_full(sources, diagnostics, {.color = use_color(), .unicode = use_unicode()});
  std::fwrite(text.data(), 1, text.size(), stderr);
  if (!diagnostics.has_errors()) return exit_ok;
  const std::vector<Diagnostic>& items = diagnostics.items();
  return std::any_of(items.begin(), items.end(), is_failure) ? exit_failure : exit_diagnostics;
}

}  // namespace lcr::cli
