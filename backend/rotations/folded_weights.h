#pragma once

#include "backend/rotations/fold.h"

namespace lcr {

// Other weights as the folded rotations leave them. Tied modules that a rotation changes have weights of their own.
class FoldedWeights : public Weights {
 public:
  // Both must outlive it.
  FoldedWeights(const Weights& base, const Fold& fold) : base_(base), fold_(fold) {}

  at::Tensor tensor(uint32_t module, uint32_t tensor) const override;
  at::Tensor rows(uint32_t module, uint32_t tensor, const at::Tensor& rows) const override;

 private:
  const Weights& base_;
  const Fold& fold_;
};

}  // namespace lcr
