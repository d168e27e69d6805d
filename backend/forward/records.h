#pragma once

#include <ATen/core/Tensor.h>

// Records of the operations that hold tensors; for the .cpp files of this room and its tests.
namespace lcr::forward {

struct Frequencies {
  at::Tensor inverse;
  double factor = 1.0;
};

struct RotaryTable {
  at::Tensor cosine, sine;
};

struct Routing {
  at::Tensor weights, indices;
};

}  // namespace lcr::forward
