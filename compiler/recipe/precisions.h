#pragma once

#include <optional>

#include "compiler/language/format_rules.h"
#include "compiler/recipe/binder.h"

namespace lcr::binding {

// A bare format: `fp8(per = tensor, dynamic = false)`.
std::optional<Format> read_format(Binder& binder, Scope& scope, const syntax::Value& value, FormatPlace place);

// The precision of a rule on weights: the name of a scheme.
std::optional<Precision> read_precision(Binder& binder, Scope& scope, const syntax::Value& value);

// The precision of a rule on attention points: a bare format.
std::optional<Format> read_cache(Binder& binder, Scope& scope, const syntax::Value& value);

// Reads every `scheme` of a file, used or not.
void read_schemes(Binder& binder, Scope& scope);

}  // namespace lcr::binding
