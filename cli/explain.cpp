#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "compiler/diagnostics/codes/driver.h"
#include "docs/explanations.h"

namespace lcr::cli {

namespace {

int explain(Session& session, const std::string& name) {
  const CodeInfo* code = find_code(name);
  if (code == nullptr) {
    std::vector<std::string> candidates;
    for (const CodeInfo& candidate : all_codes()) {
      candidates.emplace_back(candidate.id);
      candidates.emplace_back(candidate.name);
    }
    Diagnostic& diagnostic =
        session.diagnostics.report(codes::L0006, fmt::format("no diagnostic is called `{}`", name));
    std::string guess = nearest(name, candidates);
    diagnostic.help(guess.empty() ? "codes look like L3001; `lcr explain --list` prints them all"
                                  : fmt::format("did you mean `{}`?", guess));
    return session.finish();
  }
  fmt::print("{} {}\n\n{}\n", code->id, code->name, code->summary);
  std::string_view text = explanation(code->id);
  if (!text.empty()) fmt::print("\n{}", text);
  return exit_ok;
}

}  // namespace

void add_explain(CLI::App& app, Session& session) {
  auto name = std::make_shared<std::string>();
  auto list = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("explain", "explain a diagnostic: what, why, and the way out");
  command->add_option("code", *name, "code or name, as L3001 or empty-selection")->type_name("CODE");
  command->add_flag("--list", *list, "print all codes");
  command->callback([name, list, &session] {
    if (*list) {
      for (const CodeInfo& code : all_codes()) fmt::print("{}  {:32}  {}\n", code.id, code.name, code.summary);
      return;
    }
    if (name->empty()) throw CLI::RequiredError("CODE");
    session.exit_code = explain(session, *name);
  });
}

}  // namespace lcr::cli
