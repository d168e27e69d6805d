#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "cli/session.h"
#include "compiler/check/typed_recipe.h"
#include "compiler/model/elaborate.h"
#include "compiler/recipe/recipe.h"

namespace lcr::cli {

// `--model DIR | --tree FILE`, `--architecture FILE`.
struct ModelInput {
  std::string model, tree, architecture;

  void add_to(CLI::App& command, bool required);
  bool given() const { return !model.empty() || !tree.empty(); }
  // Nothing when something was reported.
  std::optional<LoadedModel> load(Session& session) const;
};

// `RECIPE`, `--set name=value`.
struct RecipeInput {
  std::string path;
  std::vector<std::string> set;

  void add_to(CLI::App& command);
  std::optional<Recipe> load(Session& session) const;
};

// A recipe checked against a model: what most commands begin with.
struct Checked {
  Recipe recipe;
  LoadedModel model;
  TypedRecipe typed;
};
std::optional<Checked> load_checked(Session& session, const RecipeInput& recipe, const ModelInput& model);

}  // namespace lcr::cli
