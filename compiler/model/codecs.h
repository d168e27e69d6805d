#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/model/checkpoint.h"
#include "compiler/model/graph.h"
#include "compiler/model/json.h"

namespace lcr {

// How quantized weights lie in a checkpoint. A companion of a weight (its scales …) is never named by an architecture
// text: it is recognised by its name beside the weight.
struct StoredWeight {
  TensorView view;                     // codec None: not quantized
  std::vector<uint32_t> companions;    // used up with the weight without being read for it (input scales)
  std::string problem;                 // not empty: quantized, and it cannot be decoded
};

class Codecs {
 public:
  Codecs(const Json& config, const Checkpoint& checkpoint, Dtype model);

  // The weight of shape [out, in] of a module; `stored` is the tensor of its plain name or -1. Nothing when the
  // checkpoint has no weight under names of the module.
  std::optional<StoredWeight> weight(const std::string& module, int64_t stored, const Dims& declared) const;

  // Scales of an attention's cache, "model.layers.0.self_attn.k_scale" …
  std::vector<uint32_t> cache_scales(const std::string& block) const;

 private:
  void add_parts(const std::string& module, StoredWeight& found) const;
  void check_compressed(StoredWeight& found, const Dims& declared) const;
  void check_blocks(StoredWeight& found, const Dims& declared) const;

  const Checkpoint& checkpoint_;
  Dtype model_;
  int64_t block_rows_ = 128, block_columns_ = 128;  // of fp8 blocks
};

}  // namespace lcr
