#include "compiler/lint/lint.h"

namespace lcr {

LintModel::LintModel(const LintRecipe& base, const LoadedModel& model, const TypedRecipe& t, const NameTrees& n)
    : LintRecipe(base), graph(model.graph), checkpoint(model.checkpoint), typed(t), names(n),
      classes(classify(model.graph, t)) {}

const Facts& LintModel::facts() const {
  if (!facts_) facts_ = derive(graph);
  return *facts_;
}

UnitSet LintModel::match(const Selection& selection) const {
  if (!selector_) selector_ = std::make_unique<Selector>(recipe, graph, scratch_, &names);
  return selector_->match(selection);
}

const Rule* LintModel::changing_rule(uint32_t module) const {
  const Assignment& assignment = typed.assignments[typed.of_module[module]];
  if (assignment.kind != Assignment::Kind::Keep && assignment.rule >= 0)
    return &recipe.rules[static_cast<size_t>(assignment.rule)];
  return assignment.prune_rule < 0 ? nullptr : &recipe.rules[static_cast<size_t>(assignment.prune_rule)];
}

}  // namespace lcr
