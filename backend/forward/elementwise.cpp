#include <ATen/ATen.h>

#include "backend/forward/device_kernels.h"
#include "backend/forward/operations.h"
#include "compiler/diagnostics/check.h"

namespace lcr::forward {

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::Silu: return at::silu(x);
    case Activation::Gelu: return at::gelu(x);
    case Activation::GeluTanh: return at::gelu(x, "tanh");
    case Activation::QuickGelu: return x * at::sigmoid(x * 1.702);
    case Activation::Relu: return at::relu(x);
    case Activation::Relu2: return at::relu(x).square();
    case Activation::Sigmoid: return at::sigmoid(x);
    case Activation::Tanh: return at::tanh(x);
    case Activation::Softplus: return at::softplus(x);
    case Activation::Exp: return at::exp(x);
    case Activation::Identity: return x;
  }
  LCR_CHECK(false, "activation without a definition");
}

at::Tensor gated(const at::Tensor& gate, const at::Tensor& value, Activation activation) {
  const auto kernel = device_kernels().silu_gate;
  const bool fits = activation == Activation::Silu && takes_half(gate) && takes_half(value) && gate.sizes() == value.sizes() &&
                    gate.scalar_type() == value.scalar_type() && gate.numel() % 8 == 0;
  if (kernel == nullptr || !fits) return activate(gate, activation) * value;
  at::Tensor out = at::empty_like(gate);
  call_kernel(gate, kernel, lcr_cuda_gate{gate.data_ptr(), value.data_ptr(), out.data_ptr(), device_dtype(gate), gate.numel()});
  return out;
}

at::Tensor arithmetic(Op op, const at::Tensor& x, const at::Tensor& y) {
  switch (op) {
    case Op::Add: return x + y;
    case Op::Subtract: return x - y;
    case Op::Multiply: return x * y;
    case Op::Divide: return x / y;
    default: LCR_CHECK(false, "not arithmetic");
  }
}

at::Tensor arithmetic(Op op, const at::Tensor& x, const Attributes& attributes, at::ScalarType native) {
  double c = attributes.constant;
  // `native(c)`: the constant as the model's dtype holds it.
  if (attributes.constant_native) c = at::full({}, c, native).item<double>();
  // Only differences and quotients tell the sides apart.
  if (attributes.constant_left) return arithmetic(op, at::full_like(x, c), x);
  switch (op) {
    case Op::Add: return x + c;
    case Op::Subtract: return x - c;
    case Op::Multiply: return x * c;
    case Op::Divide: return x / c;
    default: LCR_CHECK(false, "not arithmetic");
  }
}

at::Tensor softcap(const at::Tensor& x, double cap) { return at::tanh(x / cap) * cap; }

at::Tensor clamp(const at::Tensor& x, const Attributes& attributes) {
  std::optional<at::Scalar> low, high;
  if (attributes.has_low) low = attributes.low;
  if (attributes.has_high) high = attributes.high;
  return at::clamp(x, low, high);
}

at::Tensor normalize(const at::Tensor& x, double eps) { return x / (x.sum(-1, true) + eps); }

at::Tensor temperature(const at::Tensor& q, double floor, double scale, const Sequences& sequences) {
  at::Tensor position = at::tensor(sequences.positions(), at::kLong).to(q.device()).to(at::kFloat);
  // Positions count from 1 here, in steps of `floor`.
  at::Tensor factor = at::log1p(at::floor((position + 1.0) / floor)) * scale + 1.0;
  return (q * factor.view({-1, 1, 1})).to(q.scalar_type());
}

}  // namespace lcr::forward
