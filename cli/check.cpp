#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include <fmt/core.h>

#include "cli/baseline.h"
#include "cli/commands.h"
#include "cli/linting.h"
#include "cli/output.h"
#include "cli/source_files.h"
#include "cli/version.h"
#include "compiler/diagnostics/render.h"
#include "compiler/diagnostics/report.h"
#include "docs/explanations.h"

namespace lcr::cli {

namespace {

struct CheckOptions {
  LintInput input;
  std::string format, fail_level, baseline, write_baseline;
  bool show_config = false;
};

// One file and what was found in it. Files that need no model have sources of their own, so that threads share nothing.
struct CheckedFile {
  std::string path;
  std::unique_ptr<Sources> own = std::make_unique<Sources>();
  Sources* sources = own.get();
  Diagnostics found;
  bool against_model = false;
};

void check_one(CheckedFile& file, const AnalyzeOptions& options) {
  std::optional<std::string> text = read_text(file.path, file.found);
  if (!text) return;
  const uint32_t id = file.sources->add(file.path == "-" ? "<stdin>" : file.path, std::move(*text));
  const Analysis analysis = analyze(*file.sources, id, options, file.found);
  file.against_model = analysis.typed.has_value();
}

// Files without models on all cores; those with models one after another, since findings may name the model's texts.
std::vector<CheckedFile> check_all(Session& session, Linter& linter, const std::vector<std::string>& paths) {
  std::vector<CheckedFile> files(paths.size());
  std::vector<AnalyzeOptions> options;
  for (size_t i = 0; i < paths.size(); ++i) {
    files[i].path = paths[i];
    options.push_back(linter.options_for(paths[i]));
  }
  if (linter.uses_models(paths)) {
    for (size_t i = 0; i < files.size(); ++i) {
      files[i].sources = &session.sources;
      check_one(files[i], options[i]);
    }
    return files;
  }
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < files.size(); i = next++) check_one(files[i], options[i]);
  };
  std::vector<std::thread> workers;
  for (size_t n = 1; n < std::min<size_t>(std::thread::hardware_concurrency(), files.size()); ++n)
    workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  return files;
}

std::string render(const Session& session, const Report& report, const std::string& format) {
  if (format == "json") return report_json(report);
  if (format == "jsonl") return report_jsonl(report);
  if (format == "sarif") return report_sarif(report);
  if (format == "github") return report_github(report);
  if (format == "junit") return report_junit(report);
  std::string text;
  for (const Finding& finding : report.findings) {
    if (format == "concise") {
      text += render_concise(*finding.sources, *finding.diagnostic);
      continue;
    }
    if (!text.empty()) text += '\n';
    text +=
        render_full(*finding.sources, *finding.diagnostic, {.color = session.use_color(), .unicode = use_unicode()});
  }
  return text;
}

// How many findings `lcr fix` could mend.
std::string hint_of(const Report& report) {
  size_t safe = 0, unsafe = 0;
  for (const Finding& finding : report.findings) {
    bool has_safe = false, has_unsafe = false;
    for (const Fix& fix : finding.diagnostic->fixes) {
      has_safe = has_safe || fix.applicability == Applicability::Safe;
      has_unsafe = has_unsafe || fix.applicability == Applicability::Unsafe;
    }
    safe += has_safe;
    unsafe += !has_safe && has_unsafe;
  }
  std::string text;
  if (safe > 0) text += fmt::format("`lcr fix` mends {} of {}", safe, report.findings.size());
  if (unsafe > 0)
    text += fmt::format("{}`lcr fix --unsafe` mends {} {}", text.empty() ? "" : "; ", unsafe,
                        safe > 0 ? "more" : fmt::format("of {}", report.findings.size()));
  return text.empty() ? text : "\n" + text + "\n";
}

int exit_code_of(const Report& report, const std::string& fail_level) {
  const auto worst_allowed = std::find(fail_levels.begin(), fail_levels.end(), fail_level) - fail_levels.begin();
  bool failure = false, found = false;
  for (const Finding& finding : report.findings) {
    failure = failure || is_failure(*finding.diagnostic);
    found =
        found || (fail_level != "never" && static_cast<std::ptrdiff_t>(finding.diagnostic->severity) <= worst_allowed);
  }
  if (failure) return exit_failure;
  return found ? exit_diagnostics : exit_ok;
}

// Writes what was found as known findings; errors, and what has no place, are shown all the same.
int write_known(Session& session, const Report& report, const std::string& path) {
  const Baseline baseline = make_baseline(report.findings, path);
  int64_t known = 0;
  for (const auto& [key, count] : baseline.counts) known += count;
  if (!write_file(session, path, baseline_text(baseline))) return session.finish();
  Report left = report;
  leave_out(baseline, path, left.files, left.findings);
  std::fputs(render(session, left, "full").c_str(), stderr);
  if (!session.quiet)
    fmt::print(stderr, "{} findings written to {}, {} others are not among them\n", known, path, left.findings.size());
  return exit_code_of(left, "error");
}

int check_command(Session& session, const CheckOptions& options) {
  const std::vector<std::string> paths = expand(options.input.paths);
  Linter linter(session, options.input);
  if (!linter.ready()) return session.finish();
  if (options.show_config) {
    for (const std::string& path : paths) fmt::print("{}", config_text(linter.config_of(path), path));
    return session.finish();
  }
  const Config& config = linter.config_of(paths.empty() ? "." : paths.front());
  const std::string format = !options.format.empty() ? options.format : config.format.value_or("full");
  const std::string level = !options.fail_level.empty() ? options.fail_level : config.fail_level.value_or("error");
  const std::string known = !options.baseline.empty() ? options.baseline : config.baseline.value_or("");
  Baseline baseline;
  if (!known.empty() && options.write_baseline.empty()) baseline = read_baseline(session, known);
  const std::vector<CheckedFile> files = check_all(session, linter, paths);
  Report report;
  report.version = version();
  report.explanation = explanation;
  add_findings(report.findings, session.sources, session.diagnostics);
  for (const CheckedFile& file : files) {
    report.files.push_back(file.path);
    const size_t before = report.findings.size();
    add_findings(report.findings, *file.sources, file.found);
    if (file.against_model && before == report.findings.size() && !session.quiet && format == "full")
      fmt::print("{}: no problems against the model\n", file.path);
  }
  if (!options.write_baseline.empty()) return write_known(session, report, options.write_baseline);
  const int64_t gone = known.empty() ? 0 : leave_out(baseline, known, report.files, report.findings);
  const std::string text = render(session, report, format);
  std::FILE* stream = format == "full" ? stderr : stdout;
  std::fwrite(text.data(), 1, text.size(), stream);
  if (format == "full" && !session.quiet) {
    std::fputs(hint_of(report).c_str(), stderr);
    if (gone > 0) fmt::print(stderr, "{} findings of {} are gone: `--write-baseline` writes it again\n", gone, known);
  }
  return exit_code_of(report, level);
}

}  // namespace

void add_check(CLI::App& app, Session& session) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand("check", "find what is wrong with recipes, before a weight is read");
  options->input.add_to(*command);
  command->add_option("--format", options->format, "how to print findings")
      ->check(CLI::IsMember(check_formats))
      ->type_name("FORMAT");
  command->add_option("--fail-level", options->fail_level, "the mildest finding that makes the exit code 1")
      ->check(CLI::IsMember(fail_levels))
      ->type_name("LEVEL");
  CLI::Option* write =
      command->add_option("--write-baseline", options->write_baseline, "write the findings to a file of known ones");
  write->type_name("FILE");
  command->add_option("--baseline", options->baseline, "leave out the known findings of a file")
      ->excludes(write)
      ->type_name("FILE");
  command->add_flag("--show-config", options->show_config, "print the configuration of the files and check nothing");
  command->callback([options, &session] { session.exit_code = check_command(session, *options); });
}

}  // namespace lcr::cli
