#pragma once

#include <optional>
#include <string>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr::cli {

// Exit codes, see docs/cli.md.
inline constexpr int exit_ok = 0;
inline constexpr int exit_diagnostics = 1;
inline constexpr int exit_failure = 2;
inline constexpr int exit_differs = 3;
inline constexpr int exit_stale = 4;
inline constexpr int exit_interrupted = 130;

// What every command shares: the texts it read, what it found, how to print it, and how it ends.
struct Session {
  Sources sources;
  Diagnostics diagnostics;
  std::string color = "auto";  // auto, always, never
  bool quiet = false;
  int exit_code = exit_ok;

  // Whether standard error is to be coloured: --color, then NO_COLOR, CLICOLOR_FORCE, then whether it is a terminal.
  bool use_color() const;
  // Adds a file's text to the sources; `-` is standard input. Reports L0001 and gives 0 when it cannot be read.
  uint32_t read(const std::string& path);
  // Prints all diagnostics to standard error in their order and gives the exit code: exit_failure when input or output
  // failed, exit_diagnostics for other errors.
  int finish();
};

// The text of a file, or of standard input; reports L0001.
std::optional<std::string> read_text(const std::string& path, Diagnostics& diagnostics);
// Whether the locale says that output is UTF-8.
bool use_unicode();
// Wrong usage or configuration, and input or output that failed: no finding about a recipe or model.
bool is_failure(const Diagnostic& diagnostic);

}  // namespace lcr::cli
