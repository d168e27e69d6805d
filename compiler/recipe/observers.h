#pragma once

#include <optional>
#include <string_view>

#include "compiler/language/format.h"
#include "compiler/recipe/binder.h"

namespace lcr::binding {

// `minmax`, `mse(to = 81%)`, `fixed(448)`
std::optional<Observer> read_observer(Binder& binder, Scope& scope, const syntax::Value& value, std::string_view place);

// What an observer is asked to find a scale for.
struct ObservedSide {
  const Format* format;
  bool weights;
  std::string_view solver;
};

// Reports an observer that cannot serve this side.
void check_observer(Binder& binder, const Observer& observer, const ObservedSide& side, Span span);

}  // namespace lcr::binding
