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

struct Resolution {
  std::vector<ResolvedRow> rows;  // in order of the rules, `default` last
  int64_t modules = 0, quantized = 0;
  int64_t parameters = 0, before = 0, after = 0;  // of the whole model, what is copied included
};

Resolution resolve(const Recipe& recipe, const ModelGraph& graph, const Checkpoint& checkpoint, const Sources& sources,
                   const TypedRecipe& typed);
std::string resolution_text(const Resolution& resolution);
// One line a module: name, precision, stack, the line that decided.
std::string modules_text(const Resolution& resolution, const ModelGraph& graph);
std::string resolution_json(const Resolution& resolution, const ModelGraph& graph, bool modules);

// One rule that named the unit.
struct WhyRule {
  std::string text;     // the statement, on one line
  std::string place;
  std::string outcome;  // "decides", "loses to the override of line 14"
  bool decides = false;
};

struct Why {
  std::string path, kind;
  std::vector<std::string> roles;
  int64_t out = 0, in = 0;
  std::string stored;     // "bf16", "fp8 blocks"
  std::string tied;       // module whose weight it shares; empty: none
  std::string fused;      // "qkv_proj with q_proj, v_proj"
  std::string result;     // "W4A16 with gptq", "keep"
  std::vector<WhyRule> rules;
};

// Nothing when there is no such module or attention point; `nearest` then holds names to suggest.
std::optional<Why> why(const Recipe& recipe, const ModelGraph& graph, const Sources& sources, const TypedRecipe& typed,
                       const std::string& path, std::vector<std::string>& nearest);
std::string why_text(const Why& why);
std::string why_json(const Why& why);

}  // namespace lcr
