#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/check/typed_recipe.h"

// What a compressed-tensors configuration says about which module has which precision.
namespace lcr {

struct ConfigGroup {
  std::vector<std::string> targets;  // "Linear", or `re:` and a Python expression that ends in `$`
  Precision precision;
  std::string format;                // "pack-quantized"
};

struct ExportedTargets {
  std::vector<ConfigGroup> groups;
  std::vector<std::string> ignore;   // names and expressions of every linear that is not quantized
  std::string format;                // of all groups, "mixed-precision", or "dense" without any
  std::optional<Format> cache;       // keys and values
  std::optional<Format> queries;
  std::string attention;             // name of the class that holds queries
};

// The final precision of every module: an index into `precisions`, -1 for what stays as it is.
struct FinalPrecisions {
  std::vector<Precision> precisions;
  std::vector<std::string> formats;  // of each: what the source calls it; empty: what its encoding is called
  std::vector<int32_t> of_module;
  std::optional<Format> cache, queries;
};

// Of a recipe without open `auto` choices; modules that the source keeps quantized count as they are.
FinalPrecisions final_precisions(const TypedRecipe& typed, const ModelGraph& graph);

// The smallest set of targets: a class where one precision covers all linears, else expressions that are disjoint, so
// that no reader's own order of precedence matters. Names of layers and experts are generalised to expressions; they
// begin with `.*` wherever that is exact, because readers put other prefixes before the same names.
ExportedTargets export_targets(const FinalPrecisions& precisions, const ModelGraph& graph);

// Nothing when every reader gives every module its own precision: by the module's name, by the name of the merged
// layer that it is a part of, and by the names under which servers ask for the experts of a layer. Else what differs.
std::optional<std::string> prove(const ExportedTargets& targets, const FinalPrecisions& precisions,
                                 const ModelGraph& graph);

}  // namespace lcr
