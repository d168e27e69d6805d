#include "cli/planning.h"

#include <filesystem>

#include "cli/scoring.h"
#include "compiler/recipe/bind.h"
#include "planner/schedule/make_plan.h"

namespace lcr::cli {

void PlanningInput::add_to(CLI::App& command) {
  recipe.add_to(command);
  model.add_to(command, true);
  add_places(command);
}

void PlanningInput::add_places(CLI::App& command) {
  command.add_option("--machine", machine, "machine file (.lcr) in place of the recipe's schedule")->type_name("FILE");
  command.add_option("--profile", profile, "measured rates of the machine")->type_name("FILE");
  command.add_option("--out", out, "folder to write to, in place of the recipe's")->type_name("DIR");
  command.add_option("--scores", scores, "what `lcr score` measured, for precisions under a budget")->type_name("FILE");
  command.add_option("--device", device, "where to compute")->check(CLI::IsMember({"cpu", "cuda"}));
}

std::optional<PlanOptions> PlanningInput::options(Session& session, const std::string& plan_folder) const {
  PlanOptions options;
  options.out = out;
  options.device = device;
  options.machine_file = machine;
  options.profile_file = profile;
  options.architecture_file = model.architecture;
  options.plan_folder = plan_folder;
  if (!machine.empty()) {
    uint32_t file = session.read(machine);
    if (file != 0) options.machine = bind_machine(session.sources, file, session.diagnostics);
    if (!options.machine) return std::nullopt;
  }
  if (!profile.empty()) {
    uint32_t file = session.read(profile);
    std::optional<Profile> measured;
    if (file != 0) measured = read_profile(session.sources, file, session.diagnostics);
    if (!measured) return std::nullopt;
    options.profile = *measured;
  }
  return options;
}

std::optional<Plan> PlanningInput::make(Session& session, const std::string& plan_file, const ScoreSource& measure) const {
  std::optional<Checked> checked = load_checked(session, recipe, model);
  if (!checked) return std::nullopt;
  const auto options = this->options(session, std::filesystem::path(plan_file).parent_path().string());
  if (!options) return std::nullopt;
  const LoadedModel& of = checked->model;
  if (!chooses_precisions(checked->typed) || (scores.empty() && !measure))
    return make_plan(checked->recipe, checked->typed, of.graph, of.checkpoint, session.sources, *options, session.diagnostics);
  if (!scores.empty()) {
    auto chosen = choose_with(session, checked->recipe, checked->typed, of, *options, scores);
    if (!chosen) return std::nullopt;
    return std::move(chosen->plan);
  }
  // Measured from here: plans of a measurement lie in no file.
  const auto here = this->options(session, "");
  const auto request = request_scores(checked->recipe, checked->typed, of.graph, of.checkpoint, session.sources, *here, session.diagnostics);
  if (!request) return std::nullopt;
  const auto measured = measure(*request, *checked);
  if (!measured) return std::nullopt;
  auto chosen = plan_under_budget(checked->recipe, checked->typed, of.graph, of.checkpoint, session.sources, *options, *measured,
                                  session.diagnostics);
  if (!chosen) return std::nullopt;
  return std::move(chosen->plan);
}

std::optional<ChosenPlan> choose_with(Session& session, const Recipe& recipe, const TypedRecipe& typed, const LoadedModel& model,
                                      const PlanOptions& options, const std::string& scores) {
  const auto read = read_score_file(session, scores);
  if (!read) return std::nullopt;
  return plan_under_budget(recipe, typed, model.graph, model.checkpoint, session.sources, options, *read, session.diagnostics);
}

}  // namespace lcr::cli
