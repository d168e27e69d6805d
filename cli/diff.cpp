#include "compiler/diff/diff.h"

#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/git_revision.h"
#include "cli/planning.h"
#include "cli/scoring.h"
#include "planner/schedule/make_plan.h"

namespace lcr::cli {

namespace {

struct Options {
  std::string before, after;  // with `against` the first is the recipe of today
  std::string against;
  ModelInput model;
  std::vector<std::string> set;
  std::string format = "text";
  bool detailed_exit_code = false;
  std::string scores;
};

struct Side {
  std::string name;
  Recipe recipe;
  TypedRecipe typed;
};

std::optional<Side> load_side(Session& session, const Options& options, const std::string& path, std::string name,
                              const LoadedModel& model) {
  RecipeInput input;
  input.path = path;
  input.set = options.set;
  std::optional<Recipe> recipe = input.load(session);
  if (!recipe) return std::nullopt;
  Diagnostics found;
  std::optional<TypedRecipe> typed = check(*recipe, model.graph, model.checkpoint, session.sources, found);
  const bool good = typed && !found.has_errors();
  // What is odd about a recipe is the business of `check`, unless nothing can be compared.
  if (!good) session.diagnostics.append(std::move(found));
  if (!good) return std::nullopt;
  if (!options.scores.empty() && chooses_precisions(*typed)) {
    auto chosen = choose_with(session, *recipe, *typed, model, {}, options.scores);
    if (!chosen) return std::nullopt;
    return Side{std::move(name), std::move(*recipe), std::move(chosen->typed)};
  }
  return Side{std::move(name), std::move(*recipe), std::move(*typed)};
}

std::optional<PlannedNumbers> planned(Session& session, const Side& side, const LoadedModel& model,
                                      std::vector<std::string>& unplanned) {
  Diagnostics found;
  const auto plan = make_plan(side.recipe, side.typed, model.graph, model.checkpoint, session.sources, {}, found);
  if (plan)
    return PlannedNumbers{plan->predicted.host_peak, plan->predicted.device_peak, plan->predicted.bytes_read,
                          plan->predicted.bytes_written, plan->predicted.seconds};
  unplanned.push_back(fmt::format("{}: {}", side.name, found.items().empty() ? "no plan" : found.sorted()[0]->message));
  return std::nullopt;
}

// Paths below the folder of a revision read as paths at the revision.
void rename(RecipeDiff& diff, const std::string& folder, const std::string& revision) {
  const auto replace = [&](std::string& place) {
    if (place.starts_with(folder + "/")) place = revision + ":" + place.substr(folder.size() + 1);
  };
  for (Change& change : diff.changes) replace(change.before.place);
}

void print(const RecipeDiff& diff, const std::string& format) {
  if (format == "json") fmt::print("{}", diff_json(diff));
  else if (format == "md") fmt::print("{}", diff_markdown(diff));
  else fmt::print("{}", diff_text(diff));
}

int compare(Session& session, const Options& options) {
  std::optional<LoadedModel> model = options.model.load(session);
  const std::optional<GitRevision> revision =
      options.against.empty() ? std::nullopt : GitRevision::open(session, options.against, options.before);
  std::string before = options.before, after = options.after, name = options.before;
  if (!options.against.empty()) {
    after = options.before;
    if (revision) before = revision->path();
    name = fmt::format("{}:{}", options.against, options.before);
  }
  if (!model || (!options.against.empty() && !revision)) return session.finish();
  std::optional<Side> a = load_side(session, options, before, name, *model);
  std::optional<Side> b = load_side(session, options, after, after, *model);
  if (!a || !b) return finish_stale_scores(session);
  RecipeDiff result = diff({a->name, a->recipe, a->typed}, {b->name, b->recipe, b->typed}, model->graph,
                           model->checkpoint, session.sources);
  result.planned_before = planned(session, *a, *model, result.unplanned);
  result.planned_after = planned(session, *b, *model, result.unplanned);
  if (revision) rename(result, revision->folder(), options.against);
  print(result, options.format);
  const int code = session.finish();
  return code == exit_ok && options.detailed_exit_code && result.differs() ? exit_differs : code;
}

}  // namespace

void add_diff(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("diff", "show what two recipes, or two versions of one, do differently to a model");
  command->add_option("before", options->before, "recipe (.lcr)")->required()->type_name("RECIPE");
  command->add_option("after", options->after, "the recipe that it is compared with")->type_name("RECIPE");
  command->add_option("--against", options->against, "compare with the recipe at a revision instead")
      ->type_name("git:REV");
  command->add_option("--set", options->set, "value of a param, in both recipes")->type_name("name=value");
  options->model.add_to(*command, true);
  command->add_option("--scores", options->scores, "what `lcr score` measured: compares what budgets choose")->type_name("FILE");
  command->add_option("--format", options->format, "text, md for a pull request, json")
      ->check(CLI::IsMember({"text", "md", "json"}));
  command->add_flag("--detailed-exitcode", options->detailed_exit_code, "exit with 3 when something changes");
  command->callback([options, &session] {
    const std::string prefix = "git:";
    if (!options->against.empty() &&
        (!options->against.starts_with(prefix) || options->against.size() == prefix.size()))
      throw CLI::ValidationError("--against", "a revision is written `git:REV`");
    options->against.erase(0, prefix.size());
    if (options->after.empty() == options->against.empty())
      throw CLI::ValidationError("diff", "give two recipes, or one and `--against git:REV`");
    session.exit_code = compare(session, *options);
  });
}

}  // namespace lcr::cli
