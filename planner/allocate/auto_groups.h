#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/check/typed_recipe.h"
#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// Modules that a budget gives one precision: what servers merge, the experts of a layer, and what `together` names.
struct AutoGroup {
  std::string name;               // "model.layers.0.self_attn.{q_proj, k_proj, v_proj}"
  std::vector<uint32_t> modules;  // in order
  std::vector<Candidate> candidates;
  int64_t parameters = 0;         // of the weights
};

// In order of their first modules. Reports modules that belong together and have different candidates (L5019).
std::optional<std::vector<AutoGroup>> auto_groups(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                                  Diagnostics& diagnostics);

// The name of a candidate, for people and files: of its precision, with the algorithm where precisions alone are not told
// apart; "keep".
std::vector<std::string> candidate_names(const std::vector<Candidate>& candidates);

}  // namespace lcr
