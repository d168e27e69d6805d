#include "compiler/language/stack.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/language/algorithms.h"
#include "compiler/language/units.h"

namespace lcr {
namespace {

std::string text_of(double value, ParameterType type) {
  return type == ParameterType::Ratio ? ratio_text(value) : number_text(value);
}

std::string text_of(const Observer& observer, bool with_defaults) {
  const ObserverInfo* info = find_observer(observer.name);
  std::string arguments;
  auto add = [&](std::string text) { arguments += (arguments.empty() ? "" : ", ") + text; };
  if (info) {
    for (const ParameterInfo& parameter : info->parameters) {
      auto found = observer.parameters.find(std::string(parameter.name));
      if (found == observer.parameters.end()) continue;
      std::string value = text_of(found->second, parameter.type);
      if (parameter.positional)
        add(value);
      else if (with_defaults || value != parameter.fallback)
        add(fmt::format("{} = {}", parameter.name, value));
    }
  }
  if (observer.exponent != exponent_parameter().fallback) add("exponent = " + observer.exponent);
  return arguments.empty() ? observer.name : fmt::format("{}({})", observer.name, arguments);
}

struct Renderer {
  const Algorithm& algorithm;
  const ParameterInfo& parameter;
  bool with_defaults;

  std::string operator()(double value) const { return text_of(value, parameter.type); }
  std::string operator()(int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(const Observer& value) const { return text_of(value, with_defaults); }
  std::string operator()(const SelectionRef& value) const { return fmt::format("selection {}", value.index); }

  std::string operator()(const std::vector<std::string>& value) const {
    std::string text;
    for (const std::string& word : value) text += (text.empty() ? "" : ", ") + word;
    return "[" + text + "]";
  }

  // A word's own parameters follow under "profile.spread".
  std::string operator()(const std::string& value) const {
    const WordInfo* word = find_word(parameter, value);
    std::string text;
    if (word) {
      for (const ParameterInfo& inner : word->parameters) {
        auto found = algorithm.parameters.find(fmt::format("{}.{}", parameter.name, inner.name));
        if (found == algorithm.parameters.end()) continue;
        std::string rendered = std::visit(Renderer{algorithm, inner, with_defaults}, found->second);
        text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", inner.name, rendered);
      }
    }
    return text.empty() ? value : fmt::format("{}({})", value, text);
  }
};

bool has_awq(const Stack& stack) {
  return std::any_of(stack.transforms.begin(), stack.transforms.end(),
                     [](const Algorithm& transform) { return transform.name == "awq"; });
}

std::string text_of(const Algorithm& algorithm, bool with_defaults, bool behind_awq) {
  const AlgorithmInfo* info = find_algorithm(algorithm.name);
  if (!info) return algorithm.name;
  std::string arguments;
  for (const ParameterInfo& parameter : info->parameters) {
    auto found = algorithm.parameters.find(std::string(parameter.name));
    if (found == algorithm.parameters.end()) continue;
    std::string value = std::visit(Renderer{algorithm, parameter, with_defaults}, found->second);
    // What has another default than usual is said.
    const bool usual = !behind_awq || parameter.behind_awq.empty();
    if (!with_defaults && usual && parameter.absent == Absent::Default && value == parameter.fallback) continue;
    arguments += fmt::format("{}{} = {}", arguments.empty() ? "" : ", ", parameter.name, value);
  }
  return arguments.empty() ? algorithm.name : fmt::format("{}({})", algorithm.name, arguments);
}

}  // namespace

std::string to_string(const Algorithm& algorithm, bool with_defaults) { return text_of(algorithm, with_defaults, false); }

std::string to_string(const Stack& stack, bool with_defaults) {
  std::string text;
  for (const Algorithm& transform : stack.transforms) text += to_string(transform, with_defaults) + " then ";
  return text + text_of(stack.solver, with_defaults, has_awq(stack));
}

}  // namespace lcr
