#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/inputs.h"
#include "compiler/check/resolve.h"

namespace lcr::cli {

namespace {

struct Options {
  RecipeInput recipe;
  ModelInput model;
  std::string module;
  std::string format = "text";
};

int why(Session& session, const Options& options) {
  std::optional<Checked> checked = load_checked(session, options.recipe, options.model);
  if (checked) {
    std::optional<Explanation> explanation =
        explain_module(checked->recipe, checked->typed, checked->model.graph, checked->model.checkpoint,
                       session.sources, options.module, session.diagnostics);
    if (explanation) {
      fmt::print("{}",
                 options.format == "json" ? explanation_json(*explanation) + "\n" : explanation_text(*explanation));
    }
  }
  return session.finish();
}

}  // namespace

void add_why(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("why", "show every rule that matched a module, and which one won");
  options->recipe.add_to(*command);
  command->add_option("module", options->module, "path of a module or attention point")
      ->required()
      ->type_name("MODULE");
  options->model.add_to(*command, true);
  command->add_option("--format", options->format, "how to print it")->check(CLI::IsMember({"text", "json"}));
  command->callback([options, &session] { session.exit_code = why(session, *options); });
}

}  // namespace lcr::cli
