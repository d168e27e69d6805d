#pragma once

#include <string>

#include "compiler/model/elaborate.h"
#include "planner/plan/expert_cut.h"

namespace lcr {

// The model without the experts that were not chosen. Cut tensors (of routers) are written to `file`, which the new
// checkpoint reads beside the source's own files. Reports what cannot be read or written.
std::optional<LoadedModel> cut_model(const LoadedModel& source, double share, const KeptExperts& kept, const std::string& file,
                                     const ElaborateOptions& options, Diagnostics& diagnostics);

}  // namespace lcr
