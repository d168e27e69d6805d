#include "backend/execute/identity.h"

#include <fmt/core.h>
#include <xxhash.h>

#include "planner/plan/yaml.h"

namespace lcr {

std::string plan_identity(const Plan& plan, size_t export_index) {
  Plan bytes;
  bytes.tool = plan.tool;
  bytes.recipe = plan.recipe;
  bytes.architecture = plan.architecture;
  for (const Origin& origin : plan.origins) {
    // What --set decides is in the plan; a budget that it sets decides no byte.
    if (origin.kind == "machine" || origin.kind == "profile" || origin.kind == "set") continue;
    bytes.origins.push_back({origin.kind, "", origin.hash});
  }
  bytes.precisions = plan.precisions;
  bytes.stacks = plan.stacks;
  bytes.prunings = plan.prunings;
  bytes.caches = plan.caches;
  bytes.rotations = plan.rotations;
  bytes.matrices = plan.matrices;
  bytes.calibration = plan.calibration;
  if (bytes.calibration) {
    bytes.calibration->stream.clear();
    bytes.calibration->stream_bytes = 0;
    bytes.calibration->kept_width = 0;
    bytes.calibration->learning_host = bytes.calibration->learning_device = 0;
    for (UnitCalibration& unit : bytes.calibration->units) unit.host_live = unit.device_live = 0;
    for (CalibrationSource& source : bytes.calibration->data.sources) source.path.clear();
  }
  bytes.untied = plan.untied;
  bytes.units = plan.units;
  for (Unit& unit : bytes.units) {
    for (Job& job : unit.jobs) {
      job.tile_rows = 0;
      job.passes = 1;
      job.operations.clear();
    }
  }
  bytes.exports = {plan.exports[export_index]};
  bytes.exports[0].dir.clear();
  std::string text = write_plan(bytes);
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

}  // namespace lcr
