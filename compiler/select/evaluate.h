#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "compiler/select/glob.h"
#include "compiler/select/name_trees.h"
#include "compiler/select/select.h"

namespace lcr {

// What a selection speaks of: fixed by its terms, or open for what it is combined with.
enum class UnitKind { Open, Weights, Points };

// The units of one model that one selection names.
struct Matched {
  UnitSet set;
  bool excused = false;  // an optional term matched nothing
  bool faulty = false;   // a mistake was reported
};

// The state of a Selector.
struct Selector::State {
  const Recipe& recipe;
  const ModelGraph& graph;
  Diagnostics& diagnostics;
  NameTrees own_names;  // where no others are given
  const NameTrees& names;
  // By (selection, points, optional), so that a named selection is matched once and reported once.
  std::vector<std::array<std::optional<Matched>, 4>> named;
  std::vector<UnitKind> named_kinds;
  bool failed = false;
  // The outermost use of a named selection that is being matched: where mistakes in imported texts are shown.
  std::optional<Span> use;

  State(const Recipe& r, const ModelGraph& g, Diagnostics& d, const NameTrees* n);

  size_t universe(bool points) const { return points ? graph.points.size() : graph.modules.size(); }
  std::string_view path(bool points, size_t unit) const {
    return points ? graph.points[unit].path : graph.modules[unit].path;
  }

  // The binder refuses operands of different kinds.
  UnitKind kind(const Selection& selection);
  Matched evaluate(const Selection& selection, bool points, bool optional);
  // Names the mistake at the term, or at the use of the imported selection that holds it.
  Diagnostic& report(Code code, Span span, std::string message, std::string label);

 private:
  Matched set_term(const SetTerm& term, bool points, bool optional);
  Matched named_term(const NamedTerm& term, Span span, bool points, bool optional);
  Matched leaf(const Selection& selection, bool points, bool optional);
  bool refuse_other_kind(const Selection& selection, bool points);
  bool fill(const GlobTerm& term, Span span, bool points, UnitSet& set);
  bool fill(const RegexTerm& term, Span span, bool points, UnitSet& set);
  void fill(const TypeTerm& term, bool points, UnitSet& set);
  void fill(const RoleTerm& term, bool points, UnitSet& set);
  bool fill(const LayersTerm& term, Span span, bool points, bool optional, UnitSet& set);
};

// `in`, `out` and `params` of a module, and whether it satisfies the comparison.
bool satisfies(const WhereTerm& term, const ModelGraph& graph, const Module& module);
int64_t parameter_count(const TemplateModule& module);

// Adds what helps to an empty glob or expression: the nearest existing names.
void explain_empty(Diagnostic& diagnostic, const Glob& glob, const NameTree& tree,
                   const std::vector<std::string_view>& names);
void explain_empty_regex(Diagnostic& diagnostic, std::string_view pattern, const std::vector<std::string_view>& names);
std::vector<std::string_view> names_of(const ModelGraph& graph, bool points);

}  // namespace lcr
