#pragma once

#include <functional>
#include <vector>

#include "backend/calibrate/layer_run.h"
#include "backend/calibrate/model_state.h"

namespace lcr {

// Where the outputs of some linears of a layer come together: the value that everything made from them goes through,
// behind the linear that alone reads it. The parent block's output, found in the dataflow. none_id: there is no such value.
ValueId block_output(const Template& layer, const std::vector<uint32_t>& modules, uint32_t dispatch);

// Makes trial number i: f32 [out, in] of each module.
using MakeTrial = std::function<std::vector<at::Tensor>(size_t)>;

// Σ over counted tokens of |y - y'|², y' the block's output with each trial's weights in the modules' place. The run
// stands before the linears.
std::vector<double> block_losses(LayerRun& run, ModelState& model, const std::vector<uint32_t>& modules, size_t trials,
                                 const MakeTrial& make, ValueId output, const std::atomic<bool>& stop);

}  // namespace lcr
