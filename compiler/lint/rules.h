#pragma once

#include "compiler/diagnostics/codes/style.h"
#include "compiler/lint/lint.h"

// The functions of the rules. What each finds, why, and the way out: the page of the same name beside its function.
namespace lcr::lint {

#define LCR_DECLARE_Text(function) void function(const LintText&, Diagnostics&);
#define LCR_DECLARE_Recipe(function) void function(const LintRecipe&, Diagnostics&);
#define LCR_DECLARE_Model(function) void function(const LintModel&, Diagnostics&);
#define LCR_DECLARE_None(function)
#define LCR_RULE(code, function, kind, stability, since, fixes) LCR_DECLARE_##kind(function)
#include "compiler/lint/rules.def"
#undef LCR_RULE
#undef LCR_DECLARE_Text
#undef LCR_DECLARE_Recipe
#undef LCR_DECLARE_Model
#undef LCR_DECLARE_None

}  // namespace lcr::lint
