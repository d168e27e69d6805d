#pragma once

#include <optional>
#include <vector>

#include "compiler/check/typed_recipe.h"
#include "compiler/facts/module_folds.h"

namespace lcr {

// One smoothing scale that a rule asks for: a degree of freedom of the graph, in one instance (and expert).
struct SmoothUse {
  uint32_t set = 0;         // into Rewrites::facts.smoothing
  uint32_t instance = 0;    // into ModelGraph::instances
  int32_t expert = -1;      // of sets of an expert template
  uint32_t assignment = 0;  // of the targets
  uint32_t transform = 0;   // into its stack's transforms
  std::vector<uint32_t> writers, readers, targets;  // modules; targets are readers that the rule names
};

// What a recipe changes beside the modules that its rules name.
struct Rewrites {
  Facts facts;                  // derived when something needs them
  std::vector<Rotation> rotations;
  std::vector<ModuleFold> folds;  // by module: what the rotations make of it; empty when none is folded
  std::vector<SmoothUse> smoothing;
  std::vector<bool> scaled;       // by module: calibration gives it other numbers, though perhaps no rule names it

  std::vector<bool> turned;       // by module: readers rotate what it reads or gives at run time

  bool folded(uint32_t module) const { return !folds.empty() && folds[module].any(); }
  // Other numbers than the source's, whatever the rules say.
  bool rewritten(uint32_t module) const { return scaled[module] || turned[module] || folded(module); }
};

// Derives which rotations are folded where and which scales move where. Reports what resolve_rotations() does, inputs
// that cannot be smoothed (L4080), producers that two rules would smooth differently (L4081), and rewrites of modules
// that stay quantized (L4082); nothing then. `names` as in Selector.
std::optional<Rewrites> find_rewrites(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                      Diagnostics& diagnostics, const NameTrees* names = nullptr);

}  // namespace lcr
