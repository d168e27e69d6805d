#include <algorithm>

#include "compiler/lint/rules.h"

namespace lcr {
namespace {

#define LCR_RUN_Text(function) .text = lint::function
#define LCR_RUN_Recipe(function) .recipe = lint::function
#define LCR_RUN_Model(function) .model = lint::function
#define LCR_RUN_None(function) .text = nullptr

std::vector<LintRule> make_rules() {
  return {
#define LCR_RULE(id, function, kind, stability_, since_, fixes_) \
  LintRule{.code = codes::id,                                    \
           .stability = Stability::stability_,                   \
           .since = since_,                                      \
           .fixes = fixes_,                                      \
           LCR_RUN_##kind(function)},
#include "compiler/lint/rules.def"
#undef LCR_RULE
  };
}

}  // namespace

const std::vector<LintRule>& lint_rules() {
  static const std::vector<LintRule> rules = make_rules();
  return rules;
}

const LintRule* find_rule(Code code) {
  const std::vector<LintRule>& rules = lint_rules();
  const auto place =
      std::lower_bound(rules.begin(), rules.end(), code, [](const LintRule& rule, Code c) { return rule.code < c; });
  return place != rules.end() && place->code == code ? &*place : nullptr;
}

std::string_view LintRule::needs() const {
  if (model != nullptr) return "model";
  return recipe != nullptr ? "recipe" : "text";
}

}  // namespace lcr
