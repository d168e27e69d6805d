#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/linting.h"
#include "cli/output.h"
#include "cli/source_files.h"
#include "compiler/diagnostics/render.h"
#include "compiler/lint/fix.h"
#include "compiler/syntax/format.h"
#include "compiler/syntax/parse.h"

namespace lcr::cli {

namespace {

struct FixOptions {
  LintInput input;
  bool unsafe = false;
  bool diff = false;
};

// One state of a file.
struct Version {
  std::unique_ptr<Sources> sources = std::make_unique<Sources>();
  Sources* where = sources.get();
  uint32_t file = 0;
  Diagnostics found;

  std::string_view text() const { return where->file(Span{file, 0, 0}).text(); }
};

Version understand(Session& session, const std::string& path, std::string text, const AnalyzeOptions& options) {
  Version version;
  // Findings about a model name its texts, which are the session's.
  if (options.model != nullptr) version.where = &session.sources;
  version.file = version.where->add(path == "-" ? "<stdin>" : path, std::move(text));
  analyze(*version.where, version.file, options, version.found);
  return version;
}

std::string formatted(const Version& version) {
  Diagnostics syntax;
  const syntax::File file = syntax::parse(*version.where, version.file, syntax);
  return syntax.has_errors() ? std::string(version.text()) : syntax::format(*version.where, file);
}

struct Outcome {
  Version last;
  size_t applied = 0;
};

// Fixes can make room for others, so rounds follow until nothing changes; a round that makes a sound file unsound is
// taken back.
Outcome fix_rounds(Session& session, const std::string& path, std::string text, const AnalyzeOptions& options,
                   bool unsafe) {
  constexpr int most_rounds = 20;
  Outcome outcome{understand(session, path, std::move(text), options), 0};
  for (int round = 0; round < most_rounds; ++round) {
    Fixed fixed = apply_fixes(*outcome.last.where, outcome.last.file, outcome.last.found, unsafe);
    if (fixed.applied == 0 || fixed.text == outcome.last.text()) break;
    Version next = understand(session, path, std::move(fixed.text), options);
    if (next.found.has_errors() && !outcome.last.found.has_errors()) break;
    outcome.last = std::move(next);
    outcome.applied += fixed.applied;
  }
  if (outcome.applied == 0) return outcome;
  std::string tidy = formatted(outcome.last);
  if (tidy != outcome.last.text()) outcome.last = understand(session, path, std::move(tidy), options);
  return outcome;
}

struct Totals {
  size_t applied = 0, files = 0;
  bool errors = false;
};

void fix_one(Session& session, const FixOptions& options, const std::string& path,
             const AnalyzeOptions& analyze_options, Totals& totals) {
  std::optional<std::string> text = read_text(path, session.diagnostics);
  if (!text) return;
  const std::string before = *text;
  const Outcome outcome = fix_rounds(session, path, std::move(*text), analyze_options, options.unsafe);
  const std::string_view after = outcome.last.text();
  if (before != after) {
    ++totals.files;
    totals.applied += outcome.applied;
    if (options.diff) fmt::print("{}", unified_diff(path, before, after, "fixed"));
    else if (path != "-") write_file(session, path, std::string(after));
  }
  if (path == "-" && !options.diff) fmt::print("{}", after);
  const std::string left =
      render_full(*outcome.last.where, outcome.last.found, {.color = session.use_color(), .unicode = use_unicode()});
  if (!left.empty()) fmt::print(stderr, "{}\n", left);
  totals.errors = totals.errors || outcome.last.found.has_errors();
}

int fix_command(Session& session, const FixOptions& options) {
  Linter linter(session, options.input);
  if (!linter.ready()) return session.finish();
  Totals totals;
  for (const std::string& path : expand(options.input.paths))
    fix_one(session, options, path, linter.options_for(path), totals);
  if (!session.quiet) {
    const char* verb = options.diff ? "would fix" : "fixed";
    fmt::print(stderr, "{} {} finding{} in {} file{}\n", verb, totals.applied, totals.applied == 1 ? "" : "s",
               totals.files, totals.files == 1 ? "" : "s");
  }
  const int code = session.finish();
  if (code != exit_ok) return code;
  return totals.errors || (options.diff && totals.files > 0) ? exit_diagnostics : exit_ok;
}

}  // namespace

void add_fix(CLI::App& app, Session& session) {
  auto options = std::make_shared<FixOptions>();
  CLI::App* command = app.add_subcommand("fix", "mend what `check` finds, where there is one way to");
  options->input.add_to(*command);
  command->add_flag("--unsafe", options->unsafe, "also apply fixes that may change what a recipe means");
  command->add_flag("--diff", options->diff, "change nothing; print what would change; exit 1 when anything would");
  command->callback([options, &session] { session.exit_code = fix_command(session, *options); });
}

}  // namespace lcr::cli
