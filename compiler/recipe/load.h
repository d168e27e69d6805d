#pragma once

#include "compiler/recipe/binder.h"

namespace lcr::binding {

// Reads a file that is already among the sources, with everything that it uses. Null when it cannot be read at all.
Scope* load_root(Binder& binder, uint32_t file);

// The module std.x.y; reported at `span` when there is none, or when it is just being loaded (a circle).
Scope* load_module(Binder& binder, const std::string& module, Span span);

// The preset that an `extends` names.
Scope* load_preset(Binder& binder, Scope& scope, const syntax::Extends& extends);

// A path of a text, relative to the file in which it stands.
std::string resolve_path(const Sources& sources, const std::string& path, Span span);

}  // namespace lcr::binding
