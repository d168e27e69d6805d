#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/source/source.h"

namespace lcr {

// An observer with its parameters resolved: `mse(to = 81%)`. Ratios are fractions (0.81).
struct Observer {
  std::string name = "minmax";
  std::map<std::string, double> parameters;
  std::string exponent = "nearest";  // floor, nearest, ceil: of e8m0 scales only
  bool operator==(const Observer&) const = default;
};

// A parameter of an algorithm after type checking. Ratios are fractions; enumerations are their words;
// selections (`through`) are indices into Recipe::selections.
struct SelectionRef {
  size_t index = 0;
  bool operator==(const SelectionRef&) const = default;
};
using ParameterValue = std::variant<double, int64_t, std::string, std::vector<std::string>, Observer, SelectionRef>;

// One algorithm of a stack with every parameter present (defaults filled in).
struct Algorithm {
  std::string name;  // rtn, gptq, awq, …
  std::map<std::string, ParameterValue> parameters;
  Span span;
  bool operator==(const Algorithm& other) const { return name == other.name && parameters == other.parameters; }
};

// Zero or more transforms, then exactly one solver.
struct Stack {
  std::vector<Algorithm> transforms;
  Algorithm solver;
  bool operator==(const Stack&) const = default;
};

std::string to_string(const Algorithm& algorithm, bool with_defaults = false);
std::string to_string(const Stack& stack, bool with_defaults = false);

}  // namespace lcr
