#include <ATen/ATen.h>

#include "backend/forward/operations.h"

namespace lcr::forward {

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool bias_apart) {
  // All feature dimensions of x are contracted: heads need no reshape of their own.
  at::Tensor w = weight.to(x.scalar_type()).reshape({weight.size(0), -1});
  at::Tensor flat = x.reshape({x.size(0), w.size(1)});
  if (!bias.defined()) return at::linear(flat, w);
  at::Tensor b = bias.to(x.scalar_type());
  // The fused form adds the bias before it rounds, which is the same only in float32.
  return bias_apart ? at::linear(flat, w) + b : at::linear(flat, w, b);
}

}  // namespace lcr::forward
