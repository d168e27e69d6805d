#include "compiler/language/parameter.h"

#include <cstdlib>

#include "compiler/language/algorithms.h"

namespace lcr {

Observer default_observer(std::string_view name) {
  Observer observer;
  observer.name = name;
  for (const ParameterInfo& parameter : find_observer(name)->parameters) {
    const double value = std::strtod(std::string(parameter.fallback).c_str(), nullptr);
    observer.parameters[std::string(parameter.name)] = parameter.type == ParameterType::Ratio ? value / 100 : value;
  }
  return observer;
}

}  // namespace lcr
