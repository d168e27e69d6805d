#include "compiler/language/algorithms.h"

#include <fmt/format.h>

#include "compiler/language/units.h"

namespace lcr {
namespace {

template <typename Entry>
const Entry* find(std::span<const Entry> entries, std::string_view name) {
  for (const Entry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

template <typename Entry>
std::vector<std::string> names(std::span<const Entry> entries) {
  std::vector<std::string> result;
  for (const Entry& entry : entries) result.emplace_back(entry.name);
  return result;
}

std::string literal(ParameterType type, double value) {
  return type == ParameterType::Ratio ? ratio_text(value) : number_text(value);
}

}  // namespace

const AlgorithmInfo* find_algorithm(std::string_view name) { return find(algorithms(), name); }
const ObserverInfo* find_observer(std::string_view name) { return find(observers(), name); }
const ParameterInfo* find_parameter(std::span<const ParameterInfo> parameters, std::string_view name) {
  return find(parameters, name);
}
const WordInfo* find_word(const ParameterInfo& parameter, std::string_view word) { return find(parameter.words, word); }

std::vector<std::string> algorithm_names() { return names(algorithms()); }
std::vector<std::string> algorithm_names(AlgorithmRole role) {
  std::vector<std::string> result;
  for (const AlgorithmInfo& entry : algorithms()) {
    if (entry.role == role) result.emplace_back(entry.name);
  }
  return result;
}
std::vector<std::string> observer_names() { return names(observers()); }
std::vector<std::string> parameter_names(std::span<const ParameterInfo> parameters) { return names(parameters); }
std::vector<std::string> word_names(const ParameterInfo& parameter) { return names(parameter.words); }

bool in_range(const ParameterInfo& parameter, double value) {
  if (parameter.above_low ? value <= parameter.low : value < parameter.low) return false;
  return parameter.high < parameter.low || value <= parameter.high;
}

std::string range_text(const ParameterInfo& parameter) {
  std::string low = literal(parameter.type, parameter.low);
  std::string high = literal(parameter.type, parameter.high);
  bool bounded = parameter.high >= parameter.low;
  if (parameter.above_low)
    return bounded ? fmt::format("above {} and at most {}", low, high) : fmt::format("above {}", low);
  return bounded ? fmt::format("between {} and {}", low, high) : fmt::format("at least {}", low);
}

std::string_view describe(ParameterType type) {
  switch (type) {
    case ParameterType::Ratio: return "a ratio";
    case ParameterType::Count: return "a count";
    case ParameterType::Number: return "a number";
    case ParameterType::Seed: return "a seed";
    case ParameterType::Selection: return "a selection";
    case ParameterType::Word: return "a word";
    case ParameterType::Words: return "a list of words";
    case ParameterType::Observer: return "an observer";
  }
  return {};
}

}  // namespace lcr
