#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/check/context.h"
#include "compiler/check/typed_recipe.h"
#include "compiler/diagnostics/diagnostic.h"
#include "compiler/facts/facts.h"
#include "compiler/model/elaborate.h"
#include "compiler/recipe/recipe.h"
#include "compiler/select/name_trees.h"
#include "compiler/select/select.h"
#include "compiler/syntax/tree.h"

// Rules about what is possible and yet rarely meant. Each is one function; what it needs decides which it is given.
namespace lcr {

// A file of any kind that was read without syntax errors.
struct LintText {
  const Sources& sources;
  const syntax::File& file;
};

// A recipe or preset without errors. `schedule` is the machine's: the recipe's own, or that of `--machine`; may be
// null.
struct LintRecipe : LintText {
  const Recipe& recipe;
  const Schedule* schedule = nullptr;
};

// A recipe that `check` accepted for a model.
struct LintModel : LintRecipe {
  LintModel(const LintRecipe& base, const LoadedModel& model, const TypedRecipe& t, const NameTrees& n);

  const ModelGraph& graph;
  const Checkpoint& checkpoint;
  const TypedRecipe& typed;
  const NameTrees& names;
  std::vector<ModuleClass> classes;

  // Derived when the first rule asks.
  const Facts& facts() const;
  // What a selection of the recipe matches; mistakes were reported by `check`.
  UnitSet match(const Selection& selection) const;
  // The rule that quantizes or prunes a module; null when it stays as it is.
  const Rule* changing_rule(uint32_t module) const;

 private:
  mutable std::optional<Facts> facts_;
  mutable Diagnostics scratch_;
  mutable std::unique_ptr<Selector> selector_;
};

// Rules begin in preview and are off there; a release makes them stable. Docs: docs/lint.md.
enum class Stability { Preview, Stable };

struct LintRule {
  Code code{};
  Stability stability = Stability::Stable;
  std::string_view since;  // version of lcr
  std::string_view fixes;  // "safe", "unsafe", "none": the strongest kind that its findings carry
  // Exactly one is set. A rule that stands for findings of other places (suppressions) has none.
  void (*text)(const LintText&, Diagnostics&) = nullptr;
  void (*recipe)(const LintRecipe&, Diagnostics&) = nullptr;
  void (*model)(const LintModel&, Diagnostics&) = nullptr;

  // "text", "recipe", "model": what must be there for the rule to run.
  std::string_view needs() const;
};

// In order of the code.
const std::vector<LintRule>& lint_rules();
// Null for codes that belong to no rule.
const LintRule* find_rule(Code code);

}  // namespace lcr
