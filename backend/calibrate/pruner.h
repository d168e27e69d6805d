#pragma once

#include <optional>
#include <utility>

#include "backend/algorithms/gptq.h"
#include "backend/algorithms/prune.h"
#include "backend/calibrate/statistics.h"
#include "planner/plan/plan.h"

namespace lcr {

// A `prune` rule on weights that read one value.
class Pruner {
 public:
  Pruner(const Pruning& pruning, const InputStatistics* input, std::optional<Factor> factor)
      : pruning_(pruning), input_(input), factor_(std::move(factor)) {}

  // The weight with its zeros, f32 [out, in], and the mask of what may be other than zero.
  std::pair<at::Tensor, at::Tensor> prune(const at::Tensor& weight) const;

 private:
  Pruning pruning_;
  const InputStatistics* input_;
  std::optional<Factor> factor_;
};

// `input` may be null where the algorithm needs no data. Nothing when its second moment cannot be factorized.
std::optional<Pruner> make_pruner(const Pruning& pruning, const InputStatistics* input);

}  // namespace lcr
