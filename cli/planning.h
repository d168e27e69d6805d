#pragma once

#include <functional>
#include <optional>
#include <string>

#include <CLI/App.hpp>

#include "cli/inputs.h"
#include "planner/allocate/under_budget.h"
#include "planner/plan/plan.h"

namespace lcr::cli {

// Where scores come from when a recipe leaves precisions to its budget and no file of them is given.
using ScoreSource = std::function<std::optional<Scores>(const ScoreRequest&, const Checked&)>;

// Everything that decides a plan: recipe, model, machine, scores, and where the output goes.
struct PlanningInput {
  RecipeInput recipe;
  ModelInput model;
  std::string machine, profile, out, device, scores;

  void add_to(CLI::App& command);
  // The options but for recipe and model.
  void add_places(CLI::App& command);
  // What the options say, for a plan in that folder. Nothing after a report.
  std::optional<PlanOptions> options(Session& session, const std::string& plan_folder) const;
  // `plan_file` is where the plan will stand: its paths are relative to that folder (or to the current one).
  std::optional<Plan> make(Session& session, const std::string& plan_file, const ScoreSource& measure = {}) const;
};

// What a budget chooses by the scores of a file. Nothing after a report.
std::optional<ChosenPlan> choose_with(Session& session, const Recipe& recipe, const TypedRecipe& typed, const LoadedModel& model,
                                      const PlanOptions& options, const std::string& scores);

}  // namespace lcr::cli
