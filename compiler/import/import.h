#pragma once

#include <optional>
#include <string>

#include "compiler/check/typed_recipe.h"
#include "compiler/import/program.h"

namespace lcr::foreign {

struct ImportOptions {
  std::string name;                    // of the recipe that is made
  const ModelGraph* graph = nullptr;   // the model that it is for, when it is known
};

// What was read, and the recipe that says the same: formatted, with comments.
struct Imported {
  Program program;
  std::string text;
};

// Translates a text of another tool. Whatever has no equivalent is reported at its place; nothing then. Notes say what
// is left out and what behaves differently; they also stand in the text.
std::optional<Imported> import_recipe(const Sources& sources, uint32_t file, const ImportOptions& options,
                                      Diagnostics& diagnostics);

// Compares what the translated recipe does to every module with what the other tool selects by its own rules: targets
// in its order of asking, later modifiers over earlier ones, `ignore` last. Reports the modules that differ.
void verify_import(const Imported& imported, const TypedRecipe& typed, const ModelGraph& graph,
                   Diagnostics& diagnostics);

}  // namespace lcr::foreign
