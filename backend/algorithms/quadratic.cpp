#include "backend/algorithms/quadratic.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "backend/forward/device_kernels.h"

namespace lcr {
namespace {

// Σ a b, both f32 [rows, n] with dense rows; f64 scalar.
at::Tensor inner_product(const at::Tensor& a, const at::Tensor& b) {
  const auto kernel = device_kernels().dot;
  if (kernel == nullptr) return (a * b).sum(at::kDouble);
  at::Tensor sums = at::empty({LCR_DOT_PARTS}, a.options().dtype(at::kDouble));
  call_kernel(a, kernel, lcr_cuda_dots{a.data_ptr<float>(), b.data_ptr<float>(), a.stride(0), b.stride(0), a.size(0), a.size(1),
                                       sums.data_ptr<double>()});
  return sums.sum();
}

}  // namespace

at::Tensor quadratic(const at::Tensor& e, const at::Tensor& h, Products products) {
  if (!e.is_cuda()) return at::matmul(e, h).mul_(e).sum(at::kDouble);
  const bool rounded = products == Products::Rounded;
  const at::Tensor left = rounded ? e.to(at::kBFloat16) : e, right = rounded ? h.to(at::kBFloat16) : h;
  const int64_t width = e.size(1), block = std::max<int64_t>(1024, (width / 8 + 127) / 128 * 128);
  at::Tensor total;
  for (int64_t begin = 0; begin < width; begin += block) {
    const int64_t columns = std::min(block, width - begin);
    const at::Tensor own = left.narrow(1, begin, columns), of = right.narrow(1, begin, columns);
    const at::Tensor before = left.narrow(1, 0, begin), above = of.narrow(0, 0, begin), square = of.narrow(0, begin, columns);
    at::Tensor product = rounded ? at::mm(own, square, at::kFloat) : at::mm(own, square);
    if (begin > 0 && rounded) product.add_(at::mm(before, above, at::kFloat), 2);
    if (begin > 0 && !rounded) product.addmm_(before, above, 1, 2);
    at::Tensor sum = inner_product(product, e.narrow(1, begin, columns));
    total = total.defined() ? total + sum : sum;
  }
  return total;
}

}  // namespace lcr
