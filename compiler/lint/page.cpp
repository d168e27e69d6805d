#include "compiler/lint/page.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/diagnostics/render.h"

namespace lcr {
namespace {

std::string_view stability_name(Stability stability) { return stability == Stability::Stable ? "stable" : "preview"; }

}  // namespace

std::string rule_page(const LintRule& rule, std::string_view explanation) {
  const CodeInfo& code = info(rule.code);
  std::string text = fmt::format("# {} {}\n\n{}\n\n", code.id, code.name, code.summary);
  text += "| severity | stability | since | needs | fix |\n|---|---|---|---|---|\n";
  text += fmt::format("| {} | {} | {} | {} | {} |\n\n", severity_name(code.severity), stability_name(rule.stability),
                      rule.since, rule.needs(), rule.fixes);
  text += explanation;
  return text;
}

std::string rule_index() {
  std::string text =
      "# Lint rules\n\nGenerated from compiler/lint. docs/lint.md says how rules are chosen and findings suppressed; "
      "`lcr explain` prints these pages.\n\n";
  text += "| code | name | severity | stability | needs | fix | finds |\n|---|---|---|---|---|---|---|\n";
  for (const LintRule& rule : lint_rules()) {
    const CodeInfo& code = info(rule.code);
    text += fmt::format("| {} | [{}]({}.md) | {} | {} | {} | {} | {} |\n", code.id, code.name, code.name,
                        severity_name(code.severity), stability_name(rule.stability), rule.needs(), rule.fixes,
                        code.summary);
  }
  return text;
}

std::string rules_text() {
  std::string text;
  for (const LintRule& rule : lint_rules()) {
    const CodeInfo& code = info(rule.code);
    text += fmt::format("{}  {:26}  {:7}  {:7}  {:6}  fix {:6}  {}\n", code.id, code.name, severity_name(code.severity),
                        stability_name(rule.stability), rule.needs(), rule.fixes, code.summary);
  }
  return text;
}

std::string rules_json() {
  using nlohmann::ordered_json;
  ordered_json rules = ordered_json::array();
  for (const LintRule& rule : lint_rules()) {
    const CodeInfo& code = info(rule.code);
    rules.push_back({{"code", code.id},
                     {"name", code.name},
                     {"severity", severity_name(code.severity)},
                     {"stability", stability_name(rule.stability)},
                     {"since", rule.since},
                     {"needs", rule.needs()},
                     {"fix", rule.fixes},
                     {"summary", code.summary},
                     {"page", fmt::format("docs/rules/{}.md", code.name)}});
  }
  return rules.dump(2) + "\n";
}

}  // namespace lcr
