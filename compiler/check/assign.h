#pragma once

#include <cstdint>
#include <vector>

#include "compiler/check/typed_recipe.h"
#include "compiler/select/select.h"

namespace lcr {

// The rules that decide one unit, into Recipe::rules; -1: none. A kept unit is neither quantized nor pruned.
struct Decision {
  int32_t keep = -1, quantize = -1, prune = -1;
  bool explicit_() const { return keep >= 0 || quantize >= 0 || prune >= 0; }
  bool operator==(const Decision&) const = default;
};

struct Decisions {
  std::vector<Decision> modules, points;
  std::vector<UnitSet> matched;  // by rule
  std::vector<bool> dequantized; // by module
  std::vector<bool> untied;      // by tie
};

// Resolution rules 1 to 5: keep beats quantize and prune within a file, plain rules may not overlap, `override` alone
// wins over what was decided before, a file claims only what its preset left to `default`. Reports what breaks them.
Decisions decide(const Recipe& recipe, const ModelGraph& graph, Selector& selector, Diagnostics& diagnostics);

// Writes the decisions down, each distinct one once.
void record(const Recipe& recipe, const ModelGraph& graph, const Decisions& decisions, TypedRecipe& typed);

}  // namespace lcr
