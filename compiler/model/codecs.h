#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/model/checkpoint.h"
#include "compiler/model/graph.h"
#include "compiler/model/json.h"

namespace lcr {

// How quantized weights lie in a checkpoint. A companion of a weight (its scales …) is never named by an architecture
// text: it is recognised by its name beside the weight.
struct StoredWeight {
  TensorView view;      // codec None: not quantized
  std::string problem;  // not empty: quantized, and it cannot be decoded
};

// The object of config.json that says how the weights are quantized; null when none does. Models of several parts may
// hold it with the text's keys.
const Json* quantization_of(const Json& config);

class Codecs {
 public:
  Codecs(const Json& config, const Checkpoint& checkpoint, Dtype model);

  // The weight of shape [out, in] of a module; `stored` is the tensor of its plain name or -1. Nothing when the
  // checkpoint has no weight under names of the module.
  std::optional<StoredWeight> weight(const std::string& module, int64_t stored, const Dims& declared) const;

  // The same of a module that no description declares, with the shape that its codes have; nothing as well when it is
  // not quantized or cannot be decoded.
  std::optional<StoredWeight> undeclared_weight(const std::string& module, Dims& shape) const;

  // Scales of an attention's cache, "model.layers.0.self_attn.k_scale" …
  std::vector<uint32_t> cache_scales(const std::string& block) const;

 private:
  void add_parts(const std::string& module, TensorView& view) const;
  std::string check_blocks(TensorView& view, const Dims& declared) const;
  std::string check_compressed(TensorView& view, const Dims& declared) const;
  bool find_bits(TensorView& view, int64_t in, int64_t words) const;
  std::string check_scales(TensorView& view, const Dims& declared) const;

  const Checkpoint& checkpoint_;
  Dtype model_;
  std::pair<int64_t, int64_t> fp8_block_{128, 128};
  bool static_inputs_ = false;  // of fp8 blocks
  // Of all groups of compressed-tensors: which one a weight belongs to is not asked here.
  std::vector<std::pair<int64_t, int64_t>> blocks_;
  std::vector<int64_t> bits_;
};

}  // namespace lcr
