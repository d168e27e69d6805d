#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "backend/algorithms/grid.h"

namespace lcr {

// One weight of the layer that is tuned.
struct AutoRoundWeight {
  at::Tensor weight;    // f32 [out, in]; not requiring grad
  GridOptions options;
};

struct AutoRoundOptions {
  int64_t steps = 200;
  double rate = 0.005;  // of both roundings and clipping; falls linearly to 0
};

// Rounded weights in, scalar loss out, differentiable: of the batch that belongs to `step`. Weights are in the order
// given and f32. Tensors made in inference mode cannot take part.
using LayerLoss = std::function<at::Tensor(const std::vector<at::Tensor>& weights, int64_t step)>;

struct AutoRounded {
  std::vector<at::Tensor> weights;   // f32 [out, in]: W + s v, to be rounded to nearest under `grids`
  std::vector<Grid> grids;           // scales after clipping
  double first_loss = 0, best_loss = 0;
  int64_t best_step = 0;
};

// Signed gradient descent on rounding offsets v in [-1/2, 1/2] and on clipping factors of each scale's range in [0, 1]
// (Cheng et al. 2023, arXiv 2309.05516); straight-through rounding. The step with the least loss wins, of equal ones the
// first; step 0 is rounding to nearest.
AutoRounded autoround(const std::vector<AutoRoundWeight>& weights, const AutoRoundOptions& options, const LayerLoss& loss);

}  // namespace lcr
