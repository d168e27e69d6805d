#include "planner/plan/plan.h"

#include <algorithm>

namespace lcr {
namespace {

bool same_precisions(const std::map<std::string, Precision>& a, const std::map<std::string, Precision>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.name == y.second.name && x.second.same(y.second);
  });
}

}  // namespace

bool Plan::operator==(const Plan& other) const {
  return major == other.major && minor == other.minor && tool == other.tool && recipe == other.recipe &&
         model == other.model && architecture == other.architecture && architecture_file == other.architecture_file &&
         origins == other.origins && device == other.device && workers == other.workers &&
         tile_bytes == other.tile_bytes && fixed_bytes == other.fixed_bytes &&
         checkpoint_seconds == other.checkpoint_seconds && budget == other.budget &&
         same_precisions(precisions, other.precisions) && stacks == other.stacks && prunings == other.prunings &&
         caches == other.caches && rotations == other.rotations && matrices == other.matrices && calibration == other.calibration &&
         allocation == other.allocation &&
         units == other.units &&
         untied == other.untied && exports == other.exports && predicted == other.predicted;
}

}  // namespace lcr
