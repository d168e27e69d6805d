#include "compiler/lint/options.h"

#include <algorithm>

namespace lcr {

bool selects(std::string_view selector, const CodeInfo& code) {
  if (selector == "all" || selector == code.name) return true;
  return selector.size() >= 2 && selector[0] == 'L' && code.id.starts_with(selector);
}

bool is_selector(std::string_view selector) {
  return std::any_of(all_codes().begin(), all_codes().end(),
                     [&](const CodeInfo& code) { return selects(selector, code); });
}

std::vector<std::string> selectors() {
  std::vector<std::string> names = {"all"};
  for (const CodeInfo& code : all_codes()) {
    names.emplace_back(code.id);
    names.emplace_back(code.name);
  }
  return names;
}

bool is_on(const LintOptions& options, const LintRule& rule) {
  const CodeInfo& code = info(rule.code);
  if (is_ignored(options, code)) return false;
  bool selected = options.select.empty(), named = false;
  for (const std::string& selector : options.select) {
    selected = selected || selects(selector, code);
    named = named || selector == code.id || selector == code.name;
  }
  return selected && (rule.stability == Stability::Stable || options.preview || named);
}

bool is_ignored(const LintOptions& options, const CodeInfo& code) {
  if (code.severity == Severity::Error) return false;
  return std::any_of(options.ignore.begin(), options.ignore.end(),
                     [&](const std::string& selector) { return selects(selector, code); });
}

Severity severity_of(const LintOptions& options, const Diagnostic& diagnostic) {
  if (diagnostic.severity == Severity::Error) return Severity::Error;
  Severity severity = diagnostic.severity;
  for (const auto& [selector, wanted] : options.severity)
    if (selects(selector, info(diagnostic.code))) severity = wanted;
  return severity;
}

}  // namespace lcr
