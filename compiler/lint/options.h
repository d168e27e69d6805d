#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/lint/lint.h"

namespace lcr {

// Which rules run and how their findings count; from lcr.yaml and the command line. A selector is a code (L9101), the
// beginning of one (L91), a name (unescaped-dot), or `all`. Errors are never off and never milder.
struct LintOptions {
  std::vector<std::string> select;  // empty: every stable rule
  std::vector<std::string> ignore;
  std::vector<std::pair<std::string, Severity>> severity;  // later ones win
  bool preview = false;  // rules in preview run too; naming one in `select` is enough for it alone
};

// Whether a selector names a code.
bool selects(std::string_view selector, const CodeInfo& code);
// Whether any code is selected at all.
bool is_selector(std::string_view selector);
// Codes, names and `all`, to suggest from.
std::vector<std::string> selectors();

bool is_on(const LintOptions& options, const LintRule& rule);
// Of findings that are no rule's too: the warnings and notes of `check`.
bool is_ignored(const LintOptions& options, const CodeInfo& code);
Severity severity_of(const LintOptions& options, const Diagnostic& diagnostic);

}  // namespace lcr
