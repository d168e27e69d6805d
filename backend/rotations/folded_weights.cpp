#include "backend/rotations/folded_weights.h"

#include <ATen/ATen.h>

namespace lcr {

at::Tensor FoldedWeights::tensor(uint32_t module, uint32_t tensor) const {
  at::Tensor stored = base_.tensor(module, tensor);
  return fold_.changes(module) ? fold_.apply(module, tensor, stored) : stored;
}

at::Tensor FoldedWeights::rows(uint32_t module, uint32_t tensor, const at::Tensor& rows) const {
  at::Tensor stored = base_.rows(module, tensor, rows);
  // Tables turn row by row.
  return fold_.changes(module) ? fold_.apply(module, tensor, stored) : stored;
}

}  // namespace lcr
