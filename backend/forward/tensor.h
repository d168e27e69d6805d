#pragma once

#include <cstdint>

// Tensors by name only: <ATen/ATen.h> costs seconds a file, so headers declare and the .cpp files include it (through
// the backend's precompiled header).
namespace c10 {
enum class ScalarType : int8_t;
}
namespace at {
class Tensor;
using c10::ScalarType;
}  // namespace at
