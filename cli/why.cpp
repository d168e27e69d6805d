#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/planning.h"
#include "cli/scoring.h"
#include "compiler/check/resolve.h"
#include "planner/plan/allocation_text.h"

namespace lcr::cli {

namespace {

struct Options {
  RecipeInput recipe;
  ModelInput model;
  std::string scores;
  std::string module;
  std::string format = "text";
};

void add_choice(const ChosenPlan& chosen, const ModelGraph& graph, const std::string& module, Explanation& why) {
  for (size_t g = 0; g < chosen.groups.size(); ++g) {
    const auto& modules = chosen.groups[g].modules;
    if (std::none_of(modules.begin(), modules.end(), [&](uint32_t m) { return graph.modules[m].path == module; })) continue;
    const AllocatedGroup& group = chosen.plan.allocation->groups[g];
    why.group = group.name;
    why.candidates = candidate_lines(group);
    why.candidates[group.chosen] += "  (chosen)";
  }
}

int why(Session& session, const Options& options) {
  std::optional<Checked> checked = load_checked(session, options.recipe, options.model);
  std::optional<ChosenPlan> chosen;
  if (checked && !options.scores.empty())
    chosen = choose_with(session, checked->recipe, checked->typed, checked->model, {}, options.scores);
  if (checked && chosen) checked->typed = std::move(chosen->typed);
  if (checked && (chosen || options.scores.empty())) {
    std::optional<Explanation> explanation =
        explain_module(checked->recipe, checked->typed, checked->model.graph, checked->model.checkpoint,
                       session.sources, options.module, session.diagnostics);
    if (explanation && chosen) add_choice(*chosen, checked->model.graph, options.module, *explanation);
    if (explanation) {
      fmt::print("{}",
                 options.format == "json" ? explanation_json(*explanation) + "\n" : explanation_text(*explanation));
    }
  }
  return finish_stale_scores(session);
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
  command->add_option("--scores", options->scores, "what `lcr score` measured: shows what the budget chooses")->type_name("FILE");
  command->add_option("--format", options->format, "how to print it")->check(CLI::IsMember({"text", "json"}));
  command->callback([options, &session] { session.exit_code = why(session, *options); });
}

}  // namespace lcr::cli
