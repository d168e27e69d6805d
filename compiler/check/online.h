#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/check/typed_recipe.h"
#include "compiler/select/select.h"

namespace lcr {

// Linears whose inputs R4 rotates: of the decoder's MLPs, those that read a product or an activation.
std::vector<uint32_t> inner_linears(const ModelGraph& graph);

// What R3 rotates: queries and keys of one attention, head by head.
struct RotatedAttention {
  std::string block;     // path of the block that holds it
  int64_t width = 0;     // of a head
  uint32_t instance = 0, node = 0;
};
// In the decoder.
std::vector<RotatedAttention> decoder_attentions(const ModelGraph& graph);

// What readers rotate at run time, by module: empty when they do not, else a text that is equal for equal matrices.
struct OnlineUses {
  std::vector<std::string> input, output;
  bool attention = false;  // R3
  bool any(uint32_t module) const { return !input[module].empty() || !output[module].empty(); }
};
OnlineUses online_uses(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph, Selector& selector);

}  // namespace lcr
