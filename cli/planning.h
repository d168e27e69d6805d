#pragma once

#include <optional>
#include <string>

#include <CLI/App.hpp>

#include "cli/inputs.h"
#include "planner/plan/plan.h"

namespace lcr::cli {

// Everything that decides a plan: recipe, model, machine, and where the output goes.
struct PlanningInput {
  RecipeInput recipe;
  ModelInput model;
  std::string machine, profile, out, device;

  void add_to(CLI::App& command);
  // The options but for recipe and model.
  void add_places(CLI::App& command);
  // `plan_file` is where the plan will stand: its paths are relative to that folder (or to the current one).
  std::optional<Plan> make(Session& session, const std::string& plan_file) const;
};

}  // namespace lcr::cli
