#pragma once

#include <string>

#include "compiler/model/json.h"
#include "planner/report/report.h"

namespace lcr {

// The results of lm-evaluation-harness; no rows where `json` has none.
Benchmarks read_benchmarks(const std::string& file, const Json& json);

}  // namespace lcr
