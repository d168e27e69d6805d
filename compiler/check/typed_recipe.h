#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/facts/facts.h"
#include "compiler/model/graph.h"
#include "compiler/recipe/recipe.h"

namespace lcr {

class NameTrees;

// What happens to a module: distinct combinations, few for any model.
struct Assignment {
  enum class Kind : uint8_t { Keep, Quantize, Auto } kind = Kind::Keep;
  std::optional<Precision> precision;   // Quantize of a module
  std::optional<Format> cache;          // Quantize of an attention point
  std::optional<Stack> stack;
  std::vector<Candidate> candidates;    // Auto
  std::optional<Amount> amount;         // pruning beside or instead
  std::optional<Algorithm> pruner;
  bool dequantize = false;              // the source's quantization is undone first
  // The rules that decided, into Recipe::rules; -1: `default`.
  int32_t rule = -1;
  int32_t prune_rule = -1;
};

// What a module that stays as quantized as the source has it is stored in.
struct Carried {
  Precision precision;
  std::string
      format;  // as the source's quantization_config calls it; empty: as the encoding of the precision is called
};

// A recipe type-checked against a model: every unit has exactly one assignment.
struct TypedRecipe {
  std::vector<Assignment> assignments;
  std::vector<uint32_t> of_module;      // ModelGraph::modules -> assignments
  std::vector<uint32_t> of_point;       // ModelGraph::points -> assignments
  std::vector<bool> untied;             // ModelGraph::ties -> split by `untie`
  // Units that each rule's selection matched and each that it decided (for resolve and why).
  std::vector<std::vector<uint32_t>> matched;
  bool needs_data = false;
  // Modules -> `carried`; -1 for all that do not stay as quantized as the source has them. Empty when there are none.
  std::vector<Carried> carried;
  std::vector<int32_t> carried_of_module;
  // Nothing changes, and only the source's own quantization_config can say how its modules are stored: it stays.
  bool keeps_source_config = false;
};

// Rules 1-5 of the language, then the static rules on shapes, fused groups, experts, routers, tied weights, sources
// that are quantized already, export formats and servers. Nothing when an error was reported. `names` as in Selector.
std::optional<TypedRecipe> check(const Recipe& recipe, const ModelGraph& graph, const Checkpoint& checkpoint,
                                 Sources& sources, Diagnostics& diagnostics, const NameTrees* names = nullptr);

}  // namespace lcr
