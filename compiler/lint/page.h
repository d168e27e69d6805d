#pragma once

#include <string>
#include <string_view>

#include "compiler/lint/lint.h"

namespace lcr {

// The page of a rule below docs/rules: what the table says of it, then its explanation.
std::string rule_page(const LintRule& rule, std::string_view explanation);
// docs/rules/README.md: every rule with a link.
std::string rule_index();
// What `lcr rules` prints.
std::string rules_text();
std::string rules_json();

}  // namespace lcr
