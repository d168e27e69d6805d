#pragma once

#include <optional>

#include "compiler/recipe/binder.h"

namespace lcr::binding {

struct BoundSelection {
  Selection selection;
  UnitKind kind = UnitKind::Any;
};

// Reads a value as a selection; `place` as "`on`" for messages about values that select nothing. Gives nothing after a
// report, and for a param without a value of a preset that is read alone.
std::optional<BoundSelection> read_selection(Binder& binder, Scope& scope, const syntax::Value& value,
                                             std::string_view place);

// Weights alone: reports a selection of attention points.
std::optional<Selection> read_weights(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place);

// The index in Recipe::selections of a value that is a name, or of a new, unnamed entry.
std::optional<size_t> enter_selection(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place);

// Reads every `select` of a file, used or not.
void read_selects(Binder& binder, Scope& scope);

}  // namespace lcr::binding
