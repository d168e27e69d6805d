#pragma once

#include <ATen/core/Tensor.h>

namespace lcr {

// How exactly a device multiplies: as the tensor library is told to, or factors rounded to bf16 with sums in float32, for
// what is reported only.
enum class Products { AsTold, Rounded };

// tr(E H Eᵀ), f64 scalar, where they are. e [rows, n], h [n, n] symmetric, f32. On a device from the blocks on and above
// H's diagonal, those above twice: a little more than half of the products.
at::Tensor quadratic(const at::Tensor& e, const at::Tensor& h, Products products = Products::AsTold);

}  // namespace lcr
