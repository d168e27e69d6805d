#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/check/typed_recipe.h"

// What `lcr resolve` and `lcr why` show: which rule decided what, and what it makes of the weights.
namespace lcr {

// One line of the table: the modules or attention points that one rule decided, or `default`.
struct ResolvedRow {
  std::string selection;  // as the recipe spells it; "default"
  std::string precision;  // "W4A16", "keep", "fp8(per = tensor, …)"
  std::string stack;      // "gptq(damp = 5%)"; empty when kept
  std::string pruning;    // "by 25% with wanda"; empty: none
  std::string place;      // "recipe.lcr:12"
  bool points = false;
  bool dequantized = false;
  std::vector<uint32_t> units;
  int64_t parameters = 0;
  int64_t before = 0, after = 0;  // bytes on disk
};

// A rotation that a `transform` statement asks for.
struct ResolvedRotation {
  std::string space;     // R1
  std::string matrix;    // "hadamard of 4096"
  std::string place;     // "recipe.lcr:7"
  int64_t modules = 0;   // whose numbers it changes, whatever the rules make of them; of R3 the attentions
};

struct Resolution {
  const ModelGraph* graph = nullptr;  // that the units are of
  std::vector<ResolvedRotation> rotations;  // in text order
  std::vector<ResolvedRow> rows;  // in order of the rules, `default` last
  int64_t modules = 0, quantized = 0;
  int64_t parameters = 0, before = 0, after = 0;  // of the whole model, what is copied included
};

Resolution resolve(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                   const Checkpoint& checkpoint, const Sources& sources);
// A table of the rows; with `modules` a line for each module instead, with the line that decided.
std::string resolution_text(const Resolution& resolution, bool modules);
// With `modules` every row lists its members.
std::string resolution_json(const Resolution& resolution, bool modules);

// One rule that named the unit.
struct WhyRule {
  std::string text;     // the statement, on one line
  std::string place;
  std::string outcome;  // "decides", "loses to the override of line 14"
  bool decides = false;
};

struct Explanation {
  std::string path, kind;
  std::vector<std::string> roles;
  int64_t out = 0, in = 0;
  std::string stored;     // "bf16", "fp8 blocks"
  std::string tied;       // module whose weight it shares; empty: none
  std::string fused;      // "qkv_proj with q_proj, v_proj"
  std::string result;     // "W4A16 with gptq", "keep"
  std::vector<WhyRule> rules;
  std::string group;                    // that a budget chose for; empty: it did not choose
  std::vector<std::string> candidates;  // what there was to choose between, with bytes and scores
};

// Every rule that named a module or attention point. Reports a path that does not exist.
std::optional<Explanation> explain_module(const Recipe& recipe, const TypedRecipe& typed, const ModelGraph& graph,
                                          const Checkpoint& checkpoint, const Sources& sources, const std::string& path,
                                          Diagnostics& diagnostics);
std::string explanation_text(const Explanation& explanation);
std::string explanation_json(const Explanation& explanation);

}  // namespace lcr
