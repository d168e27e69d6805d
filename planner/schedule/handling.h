#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/check/rewrites.h"

namespace lcr {

// How a module comes into the output.
enum class Handling : uint8_t {
  Copied,  // its stored tensors, as they are
  Dense,   // decoded and cut out of what is stored
  Solved,  // quantized
  Shared,  // its weight is another module's; what it has beside the weight is copied
};

// One for each module of the graph. A kept module that shares a stored tensor with one that is written anew (an expert
// in a stack of all experts) is written dense too, and so is one whose numbers a rewrite changes; when the source holds
// it quantized that would change it: reported, and nothing.
std::optional<std::vector<Handling>> handle_modules(const Recipe& recipe, const TypedRecipe& typed,
                                                    const ModelGraph& graph, const Checkpoint& checkpoint,
                                                    const Rewrites& rewrites, Diagnostics& diagnostics);

}  // namespace lcr
