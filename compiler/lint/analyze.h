#pragma once

#include <optional>

#include "compiler/check/typed_recipe.h"
#include "compiler/lint/options.h"
#include "compiler/recipe/bind.h"
#include "compiler/syntax/tree.h"

namespace lcr {

struct AnalyzeOptions {
  BindOptions bind;
  LintOptions lint;
  const LoadedModel* model = nullptr;   // absent: what needs no model
  const NameTrees* names = nullptr;     // of the model, where several files are checked against it
  const Schedule* machine = nullptr;    // in place of the recipe's
};

// What a file of any kind was understood as, as far as it was.
struct Analysis {
  syntax::File file;
  std::optional<Recipe> recipe;       // of recipes and presets without errors
  std::optional<TypedRecipe> typed;   // with a model, without errors
};

// Everything that `lcr check` says about one file of the sources: syntax, names, the model, rules; then what comments
// and options take away. Findings about other files (a model) are not among them.
Analysis analyze(Sources& sources, uint32_t file, const AnalyzeOptions& options, Diagnostics& diagnostics);

}  // namespace lcr
