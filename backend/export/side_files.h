#pragma once

#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/checkpoint.h"
#include "planner/plan/layout.h"
#include "planner/plan/plan.h"

namespace lcr {

// Copies every file of the source folder that is no weight, index or config.json, unchanged.
bool copy_other_files(const Checkpoint& checkpoint, const std::string& source, const std::string& out,
                      Diagnostics& diagnostics);

// model.safetensors.index.json; empty when there is one file that readers find without one.
std::string index_text(const std::vector<ShardLayout>& shards);

// What makes the folder a checkpoint, after every weight is in its place: other files, the index, config.json last.
bool write_side_files(const Checkpoint& checkpoint, const std::string& source, const std::string& out, const Plan& plan,
                      const PlannedExport& exported, const std::vector<ShardLayout>& shards, Diagnostics& diagnostics);

}  // namespace lcr
