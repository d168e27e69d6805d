#pragma once

#include "planner/machine/yaml_read.h"
#include "planner/plan/calibration.h"

namespace lcr {

// The `calibration` entry of a plan file.
void write_calibration(YAML::Emitter& out, const PlannedCalibration& calibration);
PlannedCalibration read_calibration(YamlReader& reader, const YAML::Node& node);

}  // namespace lcr
