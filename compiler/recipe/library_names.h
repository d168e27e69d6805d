#pragma once

#include <string>
#include <vector>

#include "compiler/recipe/binder.h"

namespace lcr::binding {

// Helps with an unknown name that a library of stdlib declares, or nearly so: which `use` brings it, with the edit that
// adds it when the name is that very one. False when stdlib has nothing like it.
bool suggest_import(Diagnostic& diagnostic, const Scope& scope, const std::string& name, NameKind kind);

}  // namespace lcr::binding
