#pragma once

#include <map>

#include "compiler/recipe/values.h"

namespace lcr::binding {

// Gives the params of the root file the values of `--set`, and reports names that are no params.
void set_params(Binder& binder, Scope& scope, const std::map<std::string, std::string>& values);

// Gives the params of a preset the arguments of an `extends`; the values use the names of `scope`.
void pass_arguments(Binder& binder, Scope& scope, const syntax::Extends& extends, Scope& preset);

// Checks types, defaults and values of all params of a file. Without a value a param is an error at `missing`; nothing
// is missing in a preset that is read alone.
void check_params(Binder& binder, Scope& scope, std::optional<Span> missing);

}  // namespace lcr::binding
