#pragma once

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

enum class DiagnosticFormat { Full, Concise, Json };

// What every command shares: the texts it read, what it found, how to print it, and how it ends.
struct Session {
  Sources sources;
  Diagnostics diagnostics;
  DiagnosticFormat format = DiagnosticFormat::Full;
  std::string color = "auto";  // auto, always, never
  bool quiet = false;
  // `check` gives its findings as its result; elsewhere they go to standard error beside the result.
  bool findings_are_result = false;
  int exit_code = exit_ok;

  // Whether standard error is to be coloured: --color, then NO_COLOR, CLICOLOR_FORCE, then whether it is a terminal.
  bool use_color() const;
  // Adds a file's text to the sources; `-` is standard input. Reports L0001 and gives 0 when it cannot be read.
  uint32_t read(const std::string& path);
  // Prints all diagnostics in their order and gives the exit code: exit_failure when input or output
  // failed, exit_diagnostics for other errors.
  int finish();
};

}  // namespace lcr::cli
