#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "backend/algorithms/grid.h"

namespace lcr {

// One weight of the layer that is tuned.
struct AutoRoundWeight {
  at::Tensor weight;  // f32 [out, in]
  Grid grid;          // what find_grid() gives: the widest ranges
  at::Tensor mask;    // bool [out, in]: false where the weight is zero and stays so; undefined: nowhere
};

struct AutoRoundOptions {
  int64_t steps = 200;
  double rate = 0.005;  // of roundings and of clipping alike; falls linearly to 0
};

// Rounded weights in, f32 in the order given, a scalar loss out that can be differentiated by them: on the batch that
// belongs to `step`. Tensors made in inference mode cannot take part.
using LayerLoss = std::function<at::Tensor(const std::vector<at::Tensor>& weights, int64_t step)>;

struct AutoRoundedWeight {
  at::Tensor codes;    // uint8 [out, in], as encode() gives them
  at::Tensor decoded;  // f32 [out, in]
  Grid grid;           // scales after clipping
};

struct AutoRounded {
  std::vector<AutoRoundedWeight> weights;
  double first_loss = 0, best_loss = 0;  // first: of rounding to nearest
  int64_t best_step = 0;
};

// Signed gradient descent on an offset within half a step of the codes for every weight, and on how far the range of
// every scale is clipped, 5 % to 100 % (both ends of it where there are zero points). Cheng et al. 2023,
// arXiv 2309.05516; offsets follow the sign of the gradients' running mean, where the paper takes each gradient's.
// Gradients pass rounding straight through and stop where codes are clamped. The step with the least
// loss wins, of equal ones the first; step 0 is rounding to nearest. Not finite losses end it.
AutoRounded autoround(const std::vector<AutoRoundWeight>& weights, const AutoRoundOptions& options, const LayerLoss& loss);

}  // namespace lcr
