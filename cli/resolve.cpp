#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/planning.h"
#include "cli/scoring.h"
#include "compiler/check/resolve.h"

namespace lcr::cli {

namespace {

struct Options {
  RecipeInput recipe;
  ModelInput model;
  std::string scores;
  bool modules = false;
  std::string format = "text";
};

int resolve(Session& session, const Options& options) {
  std::optional<Checked> checked = load_checked(session, options.recipe, options.model);
  std::optional<ChosenPlan> chosen;
  if (checked && !options.scores.empty())
    chosen = choose_with(session, checked->recipe, checked->typed, checked->model, {}, options.scores);
  if (checked && chosen) checked->typed = std::move(chosen->typed);
  if (checked && (chosen || options.scores.empty())) {
    Resolution resolution =
        lcr::resolve(checked->recipe, checked->typed, checked->model.graph, checked->model.checkpoint, session.sources);
    if (options.format == "json") {
      fmt::print("{}\n", resolution_json(resolution, options.modules));
    } else {
      fmt::print("{}", resolution_text(resolution, options.modules));
    }
  }
  return finish_stale_scores(session);
}

}  // namespace

void add_resolve(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("resolve", "show what every rule does to which modules");
  options->recipe.add_to(*command);
  options->model.add_to(*command, true);
  command->add_option("--scores", options->scores, "what `lcr score` measured: shows what the budget chooses")->type_name("FILE");
  command->add_flag("--modules", options->modules, "a line for every module, with the line that decided");
  command->add_option("--format", options->format, "how to print the table")->check(CLI::IsMember({"text", "json"}));
  command->callback([options, &session] { session.exit_code = resolve(session, *options); });
}

}  // namespace lcr::cli
