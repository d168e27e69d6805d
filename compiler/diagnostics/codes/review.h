#pragma once

#include "compiler/diagnostics/code.h"

namespace lcr::codes {
#define LCR_CODE(code, name, severity, summary) inline constexpr Code code = code_of(#code);
#include "compiler/diagnostics/codes/review.def"
#undef LCR_CODE
}  // namespace lcr::codes
