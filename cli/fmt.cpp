#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/source_files.h"
#include "compiler/syntax/format.h"
#include "compiler/syntax/parse.h"

namespace lcr::cli {

namespace {

struct FmtOptions {
  std::vector<std::string> paths;
  bool check = false;
  bool diff = false;
};

// Whether the file is, or would be, changed. A file with syntax errors is left alone.
bool format_one(Session& session, const FmtOptions& options, const std::string& path) {
  uint32_t id = session.read(path);
  if (id == 0) return false;
  Diagnostics found;
  syntax::File file = syntax::parse(session.sources, id, found);
  bool readable = !found.has_errors();
  session.diagnostics.append(std::move(found));
  if (!readable) return false;
  std::string_view before = session.sources.file(id).text();
  std::string after = syntax::format(session.sources, file);
  bool changed = before != after;
  if (options.diff) {
    if (changed) fmt::print("{}", unified_diff(path, before, after, "formatted"));
  } else if (options.check) {
    if (changed && !session.quiet) fmt::print("would change {}\n", path);
  } else if (path == "-") {
    fmt::print("{}", after);
  } else if (changed && write_file(session, path, after) && !session.quiet) {
    fmt::print("formatted {}\n", path);
  }
  return changed;
}

}  // namespace

void add_fmt(CLI::App& app, Session& session) {
  auto options = std::make_shared<FmtOptions>();
  CLI::App* command = app.add_subcommand("fmt", "rewrite files in the canonical form");
  command->add_option("paths", options->paths, "files or folders, `-` for standard input")
      ->required()
      ->type_name("PATH");
  command->add_flag("--check", options->check, "change nothing; exit 1 when a file would change");
  command->add_flag("--diff", options->diff, "change nothing; print what would change; exit 1 when a file would");
  command->callback([options, &session] {
    bool changed = false;
    for (const std::string& path : expand(options->paths)) changed = format_one(session, *options, path) || changed;
    session.exit_code = session.finish();
    if (session.exit_code == exit_ok && changed && (options->check || options->diff)) {
      session.exit_code = exit_diagnostics;
    }
  });
}

}  // namespace lcr::cli
