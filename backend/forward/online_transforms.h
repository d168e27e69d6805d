#pragma once

#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include "backend/forward/orthogonal_matrix.h"

namespace lcr {

// A rotation at run time: x R, or x Rᵀ where it is an inverse. Modules share matrices.
struct OnlineTransform {
  std::shared_ptr<const OrthogonalMatrix> rotation;  // null: none
  bool inverse = false;

  explicit operator bool() const { return rotation != nullptr; }
  at::Tensor operator()(const at::Tensor& x) const { return inverse ? rotated_back(x, *rotation) : rotated(x, *rotation); }
};

// Of what a linear reads, before its input is quantized; of what it gives, bias included.
struct LinearTransforms {
  OnlineTransform input, output;
};

// Of queries and keys, head by head, as attention takes them.
struct AttentionTransforms {
  OnlineTransform queries, keys;
};

struct OnlineTransforms {
  std::unordered_map<uint32_t, LinearTransforms> modules;                          // by module
  std::map<std::pair<uint32_t, uint32_t>, AttentionTransforms> attentions;  // by instance and attend node

  bool empty() const { return modules.empty() && attentions.empty(); }
  // The same with every matrix on the device, in float32.
  OnlineTransforms on(at::Device device) const;
};

}  // namespace lcr
