#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "compiler/check/typed_recipe.h"
#include "compiler/lint/options.h"
#include "compiler/recipe/recipe.h"
#include "compiler/select/select.h"
#include "compiler/server/documents.h"
#include "compiler/server/models.h"

namespace lcr::server {

// What the compiler says about one state of one document: what could be read of it, however broken it is.
struct Analysis {
  Sources sources;  // the model's texts, then the document, then what it imports
  uint32_t file = 0;
  Diagnostics found;
  std::optional<Recipe> recipe;      // of recipes and presets; incomplete when something is wrong
  std::optional<TypedRecipe> typed;  // when there is a model and nothing is wrong
  std::shared_ptr<const Model> model;
  // Made when a feature asks what a selection matches; its findings are those of `check`, so nobody reads them.
  mutable Diagnostics scratch;
  mutable std::unique_ptr<Selector> selector;

  bool reads(const std::string& path) const;
};

// Everything that `lcr check` says about the document. `open` are the texts that go before those on disk.
std::unique_ptr<Analysis> analyse(const Document& document, std::shared_ptr<const Model> model,
                                  const std::map<std::string, std::string>& open, const LintOptions& rules);

}  // namespace lcr::server
