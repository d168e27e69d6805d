#pragma once

#include <string>
#include <vector>

#include "compiler/check/online.h"
#include "compiler/check/typed_recipe.h"

namespace lcr {

// Modules that no static rule can tell apart: one assignment, kind, role and shape. A model has some dozens of them,
// however many layers and experts it has.
struct ModuleClass {
  uint32_t assignment = 0;
  ModuleKind kind = ModuleKind::Linear;
  Role roles = Role::None;
  int64_t out = 0, in = 0;
  uint32_t codec = 0;   // of the source
  TemplateId owner = 0; // modules of one class are the same module of layers or experts that are alike
  uint32_t local = 0;
  int32_t carried = -1; // into TypedRecipe::carried
  std::vector<uint32_t> modules;
};

std::vector<ModuleClass> classify(const ModelGraph& graph, const TypedRecipe& typed);

// What a quantized module may become: its one precision, or each candidate of `auto`.
struct Choice {
  const Precision* precision;
  const Stack* stack;  // may be null
  Span span;           // of the precision in the recipe
};

struct CheckContext {
  const Recipe& recipe;
  const ModelGraph& graph;
  const Checkpoint& checkpoint;
  Sources& sources;
  Diagnostics& diagnostics;
  const TypedRecipe& typed;
  std::vector<ModuleClass> classes;
  std::vector<uint32_t> lost;  // kept modules whose precision in the source no export can describe
  OnlineUses online;           // what readers are asked to rotate

  const Assignment& assignment(const ModuleClass& one) const { return typed.assignments[one.assignment]; }
  // The quantize (or keep) rule that decided; null for `default`.
  const Rule* rule(const Assignment& assignment) const {
    return assignment.rule < 0 ? nullptr : &recipe.rules[static_cast<size_t>(assignment.rule)];
  }
  const Rule* prune_rule(const Assignment& assignment) const {
    return assignment.prune_rule < 0 ? nullptr : &recipe.rules[static_cast<size_t>(assignment.prune_rule)];
  }
  std::vector<Choice> choices(const Assignment& assignment) const;
  // The same of a class, or what it keeps from the source; empty: it is stored plain.
  std::vector<Choice> stored(const ModuleClass& one) const;
  bool quantized(const ModuleClass& one) const { return assignment(one).kind != Assignment::Kind::Keep; }
  bool plain(const ModuleClass& one) const { return !quantized(one) && one.carried < 0; }
};

// Whether an algorithm, an observer or a static scale of it looks at calibration data.
bool needs_data(const Algorithm& algorithm);
bool needs_data(const Stack& stack, const Precision* precision, const Format* cache);
bool needs_data(const Recipe& recipe, const Assignment& assignment);

}  // namespace lcr
