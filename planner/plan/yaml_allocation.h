#pragma once

#include "planner/machine/yaml_read.h"
#include "planner/plan/allocation.h"

namespace lcr {

// The `allocation` entry of a plan file.
void write_allocation(YAML::Emitter& out, const PlannedAllocation& allocation);
PlannedAllocation read_allocation(YamlReader& reader, const YAML::Node& node);

// A file of scores.
std::string write_scores(const Scores& scores);
std::optional<Scores> read_scores(const Sources& sources, uint32_t file, Diagnostics& diagnostics);

}  // namespace lcr
