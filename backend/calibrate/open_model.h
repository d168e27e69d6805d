#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "backend/calibrate/calibrate.h"
#include "backend/calibrate/tiles.h"
#include "backend/rotations/folded_weights.h"

namespace lcr {

// The checkpoint's weights with the plan's rotations, once all of them are known.
class Folded {
 public:
  // All must outlive it.
  // `learned`: the matrices that the plan learns; null: it learns none, or they are not known yet.
  Folded(const Plan& plan, const ModelGraph& graph, const Weights& base, const LearnedRotations* learned);
  const Weights& get() const { return weights_ ? *weights_ : base_; }

 private:
  const Weights& base_;
  std::unique_ptr<Fold> fold_;
  std::optional<FoldedWeights> weights_;
};

// The plan's calibration data as the model runs them, and what became of its rows as an event. Reports a model that cannot
// be run, and data that cannot be read.
std::optional<std::vector<CalibrationTile>> read_tiles(const Plan& plan, const ModelGraph& graph, const CalibrateOptions& options,
                                                       Diagnostics& diagnostics);

// Work on the plan's device. The tensor library throws (out of memory, a failed kernel): that ends here, as diagnostics.
CalibrationEnd guarded(const Plan& plan, Diagnostics& diagnostics, const std::function<CalibrationEnd()>& work);

}  // namespace lcr
