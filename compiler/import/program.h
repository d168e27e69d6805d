#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/import/scheme.h"
#include "compiler/import/target.h"

namespace lcr::foreign {

// Layers whose outputs are scaled, and those that the other tool makes follow.
struct Mapping {
  std::vector<Target> producers, balanced;
  Span span;
};

// A smoothing or rotation that precedes a quantization.
struct Transform {
  std::string name;       // smoothquant, awq, quip
  std::vector<std::string> arguments;  // as the language writes them
  bool norms_only = false;             // producers are norms
  std::vector<Target> through;         // else these; empty: whatever the dataflow allows
  bool needs_data = true;
  Span span;
  std::vector<Mapping> mappings;
};

struct Claim {
  Target target;
  size_t scheme = 0;  // into QuantizePass::schemes
};

// One modifier that quantizes.
struct QuantizePass {
  std::string modifier;  // "GPTQModifier"
  Span span;
  std::string solver = "rtn";
  std::vector<std::string> arguments;
  std::optional<std::string> order;  // actorder of the modifier; `default_order` when it says none
  bool ordered = false;              // its solver knows an order of columns
  std::vector<Scheme> schemes;
  std::vector<Claim> claims;         // those of one target string: the later group alone
  std::vector<Target> ignore;
  std::vector<Transform> transforms;
  bool layers = false;               // later layers see the result of earlier ones
};

struct PrunePass {
  std::string modifier;
  Span span;
  std::string amount;  // "by 50%", "to 2:4"; empty: none
  std::string pruner;  // "wanda(zeros = kept)"
  bool needs_data = false;
  bool experts = false;  // whole experts
  std::vector<Target> targets, ignore;
};

// Quantized keys and values, and queries.
struct CacheRule {
  Arguments arguments;
  bool queries = false;
};

// What another tool's recipe does, in the order of the fixed phases.
struct Program {
  std::vector<std::string> rotations;  // `spinquant(…)` of the whole model
  std::vector<PrunePass> prune;
  std::vector<QuantizePass> quantize;
  std::vector<CacheRule> caches;
  bool checkpoint = false;  // read from a checkpoint's configuration, which does not say how codes were found
};

// ---- readers of single modifiers; what is wrong is reported

// The keys that every modifier has.
void read_common(Keys& keys);
// The keys of QuantizationMixin, into a pass.
void read_quantization(Keys& keys, QuantizePass& pass, Program& program);
// `config_groups`; a format for groups that say none.
void read_groups(const Node& groups, const std::optional<std::string>& format, QuantizePass& pass, Program& program,
                 Diagnostics& diagnostics);
void read_cache_scheme(const Node& node, Program& program, Diagnostics& diagnostics);

QuantizePass read_solver(const std::string& modifier, const Node& node, Program& program, Diagnostics& diagnostics);
Transform read_smoothquant(const Node& node, Diagnostics& diagnostics);
// Old forms quantize, too: the keys for that are left in `keys`.
Transform read_awq(Keys& keys);
Transform read_quip(const Node& node, Diagnostics& diagnostics);
std::string read_spinquant(const Node& node, Diagnostics& diagnostics);
PrunePass read_pruner(const std::string& modifier, const Node& node, Diagnostics& diagnostics);

// ---- whole texts

// The stages of a recipe; nothing when something has no equivalent.
std::optional<Program> read_recipe(const Node& root, Diagnostics& diagnostics);
// A `quantization_config`, alone or within a config.json; nothing when something has no equivalent.
std::optional<Program> read_checkpoint_config(const Node& root, Diagnostics& diagnostics);
// Whether a text is a configuration and no recipe.
bool is_checkpoint_config(const Node& root);

}  // namespace lcr::foreign
