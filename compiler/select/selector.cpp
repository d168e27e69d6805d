#include <fmt/format.h>

#include "compiler/diagnostics/codes/selection.h"
#include "compiler/select/evaluate.h"

namespace lcr {

Selector::State::State(const Recipe& r, const ModelGraph& g, Diagnostics& d, const NameTrees* n)
    : recipe(r), graph(g), diagnostics(d), own_names(g), names(n != nullptr ? *n : own_names), named(r.selections.size()) {
  // Kinds first: a declaration may use others that stand below it.
  named_kinds.assign(r.selections.size(), UnitKind::Open);
}

Selector::Selector(const Recipe& recipe, const ModelGraph& graph, Diagnostics& diagnostics, const NameTrees* names)
    : state_(std::make_unique<State>(recipe, graph, diagnostics, names)) {}
Selector::~Selector() = default;

bool Selector::failed() const { return state_->failed; }

UnitSet Selector::match(const Selection& selection) {
  const bool points = state_->kind(selection) == UnitKind::Points;
  Matched matched = state_->evaluate(selection, points, false);
  if (!matched.faulty && !matched.excused && matched.set.empty()) {
    state_->report(codes::L3001, selection.span,
                   fmt::format("selection matches no {}", points ? "attention point" : "module"),
                   fmt::format("0 of {}", state_->universe(points)))
        .note("each of its terms matches something, but nothing is left when they are combined");
  }
  return std::move(matched.set);
}

UnitSet Selector::match_named(size_t index) {
  Selection use;
  use.span = state_->recipe.selections[index].selection.span;
  use.term = NamedTerm{index};
  return match(use);
}

const NameTree& NameTrees::of(bool points) const {
  const size_t which = points ? 1 : 0;
  std::call_once(made_[which], [&] { trees_[which].emplace(names_of(graph_, points)); });
  return *trees_[which];
}

std::vector<std::string_view> names_of(const ModelGraph& graph, bool points) {
  std::vector<std::string_view> names;
  if (points) {
    for (const AttentionPoint& point : graph.points) names.push_back(point.path);
  } else {
    names.reserve(graph.modules.size());
    for (const Module& module : graph.modules) names.push_back(module.path);
  }
  return names;
}

Diagnostic& Selector::State::report(Code code, Span span, std::string message, std::string label) {
  failed = true;
  if (span.file == recipe.file || !use) return diagnostics.report(code, span, std::move(message), std::move(label));
  Diagnostic& diagnostic = diagnostics.report(code, *use, std::move(message), std::move(label));
  diagnostic.label(span, "in this selection");
  return diagnostic;
}

}  // namespace lcr
