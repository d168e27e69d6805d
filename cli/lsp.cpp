#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/version.h"
#include "compiler/diagnostics/render.h"
#include "compiler/server/server.h"

namespace lcr::cli {

namespace {

server::Settings find_settings(const std::string& path, std::vector<std::string>& problems) {
  Session session;
  Configs configs(session);
  const Config& config = configs.of(path);
  for (const Diagnostic* diagnostic : session.diagnostics.sorted())
    problems.push_back(render_concise(session.sources, *diagnostic));
  return {config.rules_for(path), config.tree_for(path)};
}

}  // namespace

void add_lsp(CLI::App& app, Session& session) {
  CLI::App* command =
      app.add_subcommand("lsp", "serve an editor: the language server protocol over standard input and output");
  // What editors pass to every server.
  auto stdio = std::make_shared<bool>(true);
  command->add_flag("--stdio", *stdio, "the only way, and the default");
  command->callback([stdio, &session] { session.exit_code = server::serve(stdin, stdout, version(), find_settings); });
}

}  // namespace lcr::cli
