#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "compiler/language/stack.h"

namespace lcr {

// A parameter that the table of algorithms gives a value, written or by default. Its type is the table's.
template <class Value>
const Value& parameter(const Algorithm& algorithm, std::string_view name) {
  return std::get<Value>(algorithm.parameters.at(std::string(name)));
}

// An observer of the table with its parameters' defaults.
Observer default_observer(std::string_view name);

}  // namespace lcr
