#include <ATen/ATen.h>

#include "backend/forward/device_kernels.h"
#include "backend/forward/operations.h"

namespace lcr::forward {
namespace {

// The last dimension, or all of a row when the weight spans several heads, with the attributes' parts split off.
at::Tensor rows_to_normalize(const at::Tensor& x, const at::Tensor& weight, int64_t groups) {
  at::Tensor h = x.to(at::kFloat);
  if (weight.defined() && weight.dim() == 1 && weight.size(0) != h.size(-1)) h = h.flatten(1);
  return groups > 1 ? h.unflatten(-1, {groups, -1}) : h;
}

at::Tensor by_root_mean_square(const at::Tensor& h, double eps) {
  return h * at::rsqrt(h.square().mean(-1, true) + eps);
}

// In one pass, where the device has a kernel for it; undefined: it has not.
at::Tensor rms_norm_of_half(const at::Tensor& x, const at::Tensor& weight, const Attributes& attributes, at::ScalarType native) {
  const auto kernel = device_kernels().rms_norm;
  const int64_t width = weight.defined() ? weight.numel() : x.size(-1);
  if (kernel == nullptr || attributes.groups > 1 || x.scalar_type() != native || !takes_half(x) || width % 8 != 0) return {};
  if (weight.defined() && (weight.dim() != 1 || weight.scalar_type() != native || !takes_half(weight))) return {};
  at::Tensor out = at::empty_like(x);
  lcr_cuda_norm norm{};
  norm.x = x.data_ptr();
  norm.weight = weight.defined() ? weight.data_ptr() : nullptr;
  norm.out = out.data_ptr();
  norm.dtype = device_dtype(x);
  norm.rows = x.numel() / width;
  norm.width = width;
  norm.eps = static_cast<float>(attributes.eps);
  norm.offset = static_cast<float>(attributes.offset);
  norm.wide = attributes.compute == Compute::F32;
  call_kernel(x, kernel, norm);
  return out;
}

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, const Attributes& attributes, at::ScalarType native) {
  if (at::Tensor out = rms_norm_of_half(x, weight, attributes, native); out.defined()) return out;
  at::Tensor h = rows_to_normalize(x, weight, attributes.groups);
  h = by_root_mean_square(h, attributes.eps);
  if (attributes.groups > 1) h = h.flatten(-2);
  if (weight.defined()) {
    if (attributes.compute == Compute::F32) {
      h = h * (weight.to(at::kFloat) + attributes.offset);
    } else {
      h = h.to(native) * (attributes.offset == 0 ? weight : weight + attributes.offset);
    }
  }
  return h.to(native).reshape(x.sizes());
}

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Attributes& attributes,
                      at::ScalarType native) {
  at::Tensor h = rows_to_normalize(x, weight, attributes.groups);
  if (!attributes.centred) h = h - h.mean(-1, true);
  h = by_root_mean_square(h, attributes.eps);
  if (attributes.groups > 1) h = h.flatten(-2);
  if (weight.defined()) h = h * (weight.to(at::kFloat) + attributes.offset);
  if (bias.defined()) h = h + bias.to(at::kFloat);
  return h.to(native).reshape(x.sizes());
}

at::Tensor unit_rms(const at::Tensor& x, double eps) {
  return by_root_mean_square(x.to(at::kFloat), eps).to(x.scalar_type());
}

at::Tensor l2_norm(const at::Tensor& x, double eps) {
  at::Tensor h = x.to(at::kFloat);
  return (h * at::rsqrt(h.square().sum(-1, true) + eps)).to(x.scalar_type());
}

}  // namespace lcr::forward
