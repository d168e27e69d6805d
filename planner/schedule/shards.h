#pragma once

#include "planner/plan/layout.h"
#include "planner/schedule/jobs.h"

namespace lcr {

// Cuts one export's output into files. Without `limit`: a job's output goes where its first source lies, one file for
// every shard of the source that something comes from. With it: in the order of the graph, a new file before the limit
// (bytes of the whole file) would be passed; what alone is larger has a file of its own. Fills PlannedExport::shards
// and bytes.
void cut_shards(const Plan& plan, const Grouping& grouping, const ModelGraph& graph, const Checkpoint& checkpoint,
                const NameIndex& names, std::optional<int64_t> limit, PlannedExport& exported);

}  // namespace lcr
