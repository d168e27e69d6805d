#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "cli/commands.h"
#include "cli/version.h"

int main(int argc, char** argv) {
  using namespace lcr::cli;
  Session session;
  CLI::App app{
      "lcr: compress language models by recipes that can be read, checked and planned before a weight is read"};
  app.require_subcommand(1);
  app.set_version_flag("--version", [] { return version_text(); });
  app.add_option("--color", session.color, "auto, always or never")->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_flag("-q,--quiet", session.quiet, "print findings and results only");
  app.fallthrough();
  add_check(app, session);
  add_completion(app, session);
  add_diff(app, session);
  add_eval(app, session);
  add_explain(app, session);
  add_fix(app, session);
  add_fmt(app, session);
  add_import(app, session);
  add_lsp(app, session);
  add_plan(app, session);
  add_report(app, session);
  add_resolve(app, session);
  add_rules(app, session);
  add_run(app, session);
  add_score(app, session);
  add_show(app, session);
  add_tree(app, session);
  add_why(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version come this way too, with code 0.
    return app.exit(error) == 0 ? exit_ok : exit_failure;
  }
  // The system takes back what libraries and devices hold faster than they would give it back.
#ifdef NDEBUG
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(session.exit_code);
#endif
  return session.exit_code;
}
