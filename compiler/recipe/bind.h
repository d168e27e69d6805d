#pragma once

#include <map>
#include <optional>
#include <string>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/recipe/recipe.h"
#include "compiler/source/source.h"

namespace lcr {

struct BindOptions {
  std::map<std::string, std::string> set;  // --set name=value, in the literal grammar
  // Texts that go before the files on disk when they are imported, by normal path: what an editor holds. May be null.
  const std::map<std::string, std::string>* open = nullptr;
};

// Reads a recipe (or preset) file with everything that it imports and resolves all names, types and units. Reports
// what is wrong and gives what could be understood; nothing when the file cannot be read at all.
std::optional<Recipe> bind_recipe(Sources& sources, uint32_t file, const BindOptions& options,
                                  Diagnostics& diagnostics);

// A machine file (`machine name` with one schedule).
std::optional<Schedule> bind_machine(Sources& sources, uint32_t file, Diagnostics& diagnostics);

// Checks a file of any kind as far as no model is needed: libraries and serving files by what they declare, machine
// files as above; recipes and presets are bound and given back.
std::optional<Recipe> check_file(Sources& sources, uint32_t file, const BindOptions& options, Diagnostics& diagnostics);

}  // namespace lcr
