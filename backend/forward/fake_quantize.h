#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include <ATen/core/Tensor.h>

#include "backend/forward/online_transforms.h"
#include "compiler/language/format.h"

namespace lcr {

// What a checkpoint stores of a module's activation format; undefined where the format has none.
struct ActivationScales {
  at::Tensor scale, zero_point, global_scale;
};

// x [rows, width] or [rows, heads, width] rounded to the format and back, in float32, as a server computes it: scales at
// run time (by token, tensor, head or group) or the stored ones. compressed-tensors' calculate_qparams and fake_quantize give the same numbers.
// A global scale that is not stored is that of x. Where x is differentiated the gradient goes straight through.
at::Tensor fake_quantize(const at::Tensor& x, const Format& format, const ActivationScales& scales);

struct ModuleActivations {
  std::optional<Format> input, output;
  ActivationScales input_scales, output_scales;
};

// What one attention computes with: rounded keys and values are what a cache holds of them.
struct AttentionActivations {
  struct Point {
    std::optional<Format> format;
    ActivationScales scales;
  };
  Point queries, keys, values;
};

// By module index, and by instance and node; modules and attentions without quantized activations are absent.
// And what is rotated at run time.
struct ActivationFormats {
  std::unordered_map<uint32_t, ModuleActivations> modules;
  std::map<std::pair<uint32_t, uint32_t>, AttentionActivations> attentions;
  OnlineTransforms online;
};

}  // namespace lcr
