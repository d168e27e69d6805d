#pragma once

#include <map>
#include <span>
#include <string>

#include "compiler/language/algorithms.h"
#include "compiler/recipe/binder.h"

namespace lcr::binding {

// The parameters of one algorithm or observer: all values, defaults filled in, and where the text wrote one.
struct Parameters {
  std::map<std::string, ParameterValue> values;
  std::map<std::string, Span> written;
  bool fine = true;  // nothing was reported
};

// Reads the arguments of a call against the table: names, types, ranges, words, what must be written. Ranges that
// depend on a model or on other rules are not looked at.
Parameters read_parameters(Binder& binder, Scope& scope, const syntax::Call& call,
                           std::span<const ParameterInfo> table);

}  // namespace lcr::binding
