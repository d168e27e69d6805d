#pragma once

#include <string>

#include "compiler/import/selections.h"

namespace lcr::foreign {

// `smoothquant(strength = 80%, through = type(norm)) then gptq(order = natural)` of one scheme of a pass. Reports
// orders of columns that have no equivalent or contradict each other.
std::string stack_text(const QuantizePass& pass, const Scheme& scheme, const TargetMatcher* model,
                       Diagnostics& diagnostics);

// Whether the rule of a scheme, or a pruning, collects statistics.
bool needs_data(const QuantizePass& pass, const Scheme& scheme);
// Whether a scale of the format is found before the run.
bool is_calibrated(const std::optional<Arguments>& arguments);

}  // namespace lcr::foreign
