#pragma once

#include <CLI/App.hpp>

#include "cli/session.h"

// One function a command: declares its arguments and what happens when it is called. The commands hold no logic.
namespace lcr::cli {

void add_check(CLI::App& app, Session& session);
void add_completion(CLI::App& app, Session& session);
void add_diff(CLI::App& app, Session& session);
void add_eval(CLI::App& app, Session& session);
void add_explain(CLI::App& app, Session& session);
void add_fix(CLI::App& app, Session& session);
void add_fmt(CLI::App& app, Session& session);
void add_import(CLI::App& app, Session& session);
void add_lsp(CLI::App& app, Session& session);
void add_plan(CLI::App& app, Session& session);
void add_report(CLI::App& app, Session& session);
void add_resolve(CLI::App& app, Session& session);
void add_rules(CLI::App& app, Session& session);
void add_run(CLI::App& app, Session& session);
void add_score(CLI::App& app, Session& session);
void add_show(CLI::App& app, Session& session);
void add_tree(CLI::App& app, Session& session);
void add_why(CLI::App& app, Session& session);

}  // namespace lcr::cli
