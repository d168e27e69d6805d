#include "compiler/select/evaluate.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "compiler/diagnostics/check.h"
#include "compiler/diagnostics/codes/selection.h"
#include "compiler/select/regex.h"

namespace lcr {
namespace {

struct NamedKind {
  std::string_view name;
  ModuleKind kind;
};
constexpr NamedKind weight_kinds[] = {{"linear", ModuleKind::Linear},       {"embedding", ModuleKind::Embedding},
                                      {"norm", ModuleKind::Norm},           {"conv", ModuleKind::Conv},
                                      {"parameter", ModuleKind::Parameter}, {"positions", ModuleKind::Positions}};
constexpr std::pair<std::string_view, AttentionPoint::Kind> point_kinds[] = {
    {"keys", AttentionPoint::Kind::Keys},
    {"values", AttentionPoint::Kind::Values},
    {"queries", AttentionPoint::Kind::Queries}};

bool is_point_kind(std::string_view name) {
  for (const auto& [word, kind] : point_kinds)
    if (word == name) return true;
  return false;
}

}  // namespace

UnitKind Selector::State::kind(const Selection& selection) {
  if (const auto* type = std::get_if<TypeTerm>(&selection.term))
    return is_point_kind(type->kind) ? UnitKind::Points : UnitKind::Weights;
  if (std::holds_alternative<WhereTerm>(selection.term)) return UnitKind::Weights;
  if (const auto* name = std::get_if<NamedTerm>(&selection.term)) {
    UnitKind& known = named_kinds[name->index];
    if (known == UnitKind::Open) known = kind(recipe.selections[name->index].selection);
    return known;
  }
  const auto* set = std::get_if<SetTerm>(&selection.term);
  if (set == nullptr) return UnitKind::Open;
  UnitKind all = UnitKind::Open;
  for (const Selection& operand : set->operands) {
    const UnitKind one = kind(operand);
    if (one == UnitKind::Open) continue;
    LCR_CHECK(all == UnitKind::Open || all == one, "a selection that mixes kinds of units was bound");
    all = one;
  }
  return all;
}

Matched Selector::State::evaluate(const Selection& selection, bool points, bool optional) {
  optional = optional || selection.optional;
  if (const auto* set = std::get_if<SetTerm>(&selection.term)) return set_term(*set, points, optional);
  if (const auto* name = std::get_if<NamedTerm>(&selection.term))
    return named_term(*name, selection.span, points, optional);
  return leaf(selection, points, optional);
}

Matched Selector::State::set_term(const SetTerm& term, bool points, bool optional) {
  Matched result{UnitSet(points, universe(points))};
  bool first = true;
  for (const Selection& operand : term.operands) {
    Matched one = evaluate(operand, points, optional);
    result.excused |= one.excused;
    result.faulty |= one.faulty;
    if (first || term.kind == SetTerm::Kind::Union) result.set |= one.set;
    else if (term.kind == SetTerm::Kind::Intersection) result.set &= one.set;
    else result.set -= one.set;
    first = false;
  }
  return result;
}

Matched Selector::State::named_term(const NamedTerm& term, Span span, bool points, bool optional) {
  auto& slot = named[term.index][(points ? 2 : 0) + (optional ? 1 : 0)];
  if (slot) return *slot;
  const NamedSelection& declared = recipe.selections[term.index];
  const bool outermost = !use.has_value();
  if (outermost) use = span;
  Matched result = evaluate(declared.selection, points, optional);
  const size_t count = result.set.count();
  if (declared.expect && !result.faulty && static_cast<int64_t>(count) != *declared.expect &&
      !(count == 0 && result.excused)) {
    report(codes::L3005, declared.expect_span,
           fmt::format("`{}` matches {} modules, not {}", declared.name, count, *declared.expect),
           fmt::format("{} expected", *declared.expect))
        .label(declared.selection.span, fmt::format("matches {}", count))
        .with("matched", static_cast<int64_t>(count))
        .with("expected", *declared.expect)
        .help(
            fmt::format("`lcr resolve --modules` lists what matches; if {} is right, write `expect {}`", count, count));
    result.faulty = true;
  }
  if (outermost) use.reset();
  slot = result;
  return result;
}

Matched Selector::State::leaf(const Selection& selection, bool points, bool optional) {
  Matched result{UnitSet(points, universe(points))};
  const Span span = selection.span;
  bool understood = true;
  if (const auto* glob = std::get_if<GlobTerm>(&selection.term)) understood = fill(*glob, span, points, result.set);
  else if (const auto* regex = std::get_if<RegexTerm>(&selection.term))
    understood = fill(*regex, span, points, result.set);
  else if (const auto* type = std::get_if<TypeTerm>(&selection.term)) fill(*type, points, result.set);
  else if (const auto* role = std::get_if<RoleTerm>(&selection.term)) fill(*role, points, result.set);
  else if (const auto* layers = std::get_if<LayersTerm>(&selection.term))
    understood = fill(*layers, span, points, optional, result.set);
  else if (const auto* where = std::get_if<WhereTerm>(&selection.term))
    for (size_t i = 0; i < graph.modules.size(); ++i)
      if (graph.modules[i].kind != ModuleKind::Opaque && satisfies(*where, graph, graph.modules[i]))
        result.set.insert(i);
  if (!understood) {
    result.faulty = true;
  } else if (result.set.empty()) {
    result.excused = optional;
    result.faulty = !optional;
    if (optional || refuse_other_kind(selection, points)) return result;
    const char* unit = points ? "attention point" : "module";
    Diagnostic& diagnostic = report(codes::L3001, span, fmt::format("selection matches no {}", unit),
                                    fmt::format("0 of {} {}s", universe(points), unit));
    if (const auto* pattern = std::get_if<GlobTerm>(&selection.term))
      explain_empty(diagnostic, Glob(pattern->pattern), names.of(points), names_of(graph, points));
    if (const auto* pattern = std::get_if<RegexTerm>(&selection.term))
      explain_empty_regex(diagnostic, pattern->pattern, names_of(graph, points));
    diagnostic.help("if it may be absent in some checkpoints, write `optional` before it");
  }
  return result;
}

// A path that names nothing of the kind that is asked for may name units of the other kind.
bool Selector::State::refuse_other_kind(const Selection& selection, bool points) {
  UnitSet others(!points, universe(!points));
  if (const auto* glob = std::get_if<GlobTerm>(&selection.term)) fill(*glob, selection.span, !points, others);
  else if (const auto* regex = std::get_if<RegexTerm>(&selection.term)) fill(*regex, selection.span, !points, others);
  if (others.empty()) return false;
  Diagnostic& diagnostic = report(
      codes::L3016, selection.span,
      points ? "path among attention points names weights" : "path among weights names attention points",
      fmt::format("{} {}{}", others.count(), points ? "module" : "attention point", others.count() == 1 ? "" : "s"));
  diagnostic.help(points ? "leave out `type(keys)` and the like, which make a selection one of attention points"
                         : "`type(keys) & …`, or `values` or `queries`, selects attention points");
  return true;
}

bool Selector::State::fill(const GlobTerm& term, Span span, bool points, UnitSet& set) {
  if (const std::string problem = Glob::problem(term.pattern); !problem.empty()) {
    report(codes::L3006, span, fmt::format("path glob has {}", problem), {})
        .help(
            "`*` stands for any text within a segment, `**` for any number of whole segments, `{a,b}` and `{0..3}` for "
            "alternatives");
    return false;
  }
  for (uint32_t unit : find_all(Glob(term.pattern), names.of(points))) set.insert(unit);
  return true;
}

bool Selector::State::fill(const RegexTerm& term, Span span, bool points, UnitSet& set) {
  const NameRegex regex(term.pattern, NameRegex::Anchor::Whole);
  if (!regex.problem().empty()) {
    report(codes::L3007, span, fmt::format("regular expression cannot be read: {}", regex.problem()),
           fmt::format("at character {}", regex.problem_offset() + 1));
    return false;
  }
  for (size_t unit = 0; unit < universe(points); ++unit) {
    const NameRegex::Result result = regex.match(path(points, unit));
    if (result == NameRegex::Result::Yes) set.insert(unit);
    if (result != NameRegex::Result::TooExpensive) continue;
    report(codes::L3010, span, fmt::format("regular expression needs too many steps on `{}`", path(points, unit)), {})
        .help("nested repetitions such as `(.*)*` try every way to split a name; write a path glob, or repeat once");
    return false;
  }
  return true;
}

void Selector::State::fill(const TypeTerm& term, bool points, UnitSet& set) {
  if (points) {
    for (const auto& [word, kind] : point_kinds)
      for (size_t i = 0; word == term.kind && i < graph.points.size(); ++i)
        if (graph.points[i].kind == kind) set.insert(i);
    return;
  }
  const auto* known = std::find_if(std::begin(weight_kinds), std::end(weight_kinds),
                                   [&](const NamedKind& one) { return one.name == term.kind; });
  LCR_CHECK(known != std::end(weight_kinds), "a type that does not exist was bound");
  for (size_t i = 0; i < graph.modules.size(); ++i)
    if (graph.modules[i].kind == known->kind) set.insert(i);
}

void Selector::State::fill(const RoleTerm& term, bool points, UnitSet& set) {
  const std::optional<Role> role = role_named(term.role);
  LCR_CHECK(role.has_value(), "a role that does not exist was bound");
  for (size_t i = 0; i < universe(points); ++i)
    if (has(points ? graph.points[i].roles : graph.modules[i].roles, *role)) set.insert(i);
}

bool Selector::State::fill(const LayersTerm& term, Span span, bool points, bool optional, UnitSet& set) {
  std::vector<bool> chosen(static_cast<size_t>(graph.layers));
  for (LayersTerm::Range range : term.ranges) {
    if (range.first < 0) range.first += graph.layers;
    if (range.last < 0) range.last += graph.layers;
    const bool outside = range.first < 0 || range.last >= graph.layers || range.first > range.last;
    if (outside && !optional) {
      report(codes::L3012, span,
             fmt::format("`layers` reaches beyond the {} layers of the decoder stack", graph.layers),
             range.first > range.last ? fmt::format("{}..{} counts down", range.first, range.last)
                                      : fmt::format("{}..{}", range.first, range.last))
          .help(fmt::format("layers are 0 to {}, or -{} to -1 from the end", graph.layers - 1, graph.layers));
      return false;
    }
    for (int64_t layer = range.first; layer <= range.last; layer += range.step)
      if (layer >= 0 && layer < graph.layers) chosen[static_cast<size_t>(layer)] = true;
  }
  for (size_t i = 0; i < universe(points); ++i) {
    const int32_t layer = points ? graph.points[i].layer : graph.modules[i].layer;
    if (layer >= 0 && chosen[static_cast<size_t>(layer)]) set.insert(i);
  }
  return true;
}

}  // namespace lcr
