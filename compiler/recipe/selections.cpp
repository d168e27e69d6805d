#include "compiler/recipe/selections.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/diagnostics/codes/selection.h"
#include "compiler/language/kinds.h"
#include "compiler/recipe/conditions.h"
#include "compiler/recipe/scope.h"
#include "compiler/recipe/values.h"

namespace lcr::binding {
namespace {

using Result = std::optional<BoundSelection>;

struct Reader {
  Binder& binder;
  Scope& scope;
  Span span;
  std::string_view place;

  Result operator()(const syntax::Path& path) const { return leaf(GlobTerm{path.text}, UnitKind::Any); }
  Result operator()(const syntax::Regex& regex) const { return leaf(RegexTerm{regex.pattern}, UnitKind::Any); }
  Result operator()(const syntax::Group& group) const {
    return read_selection(binder, scope, group.operand.front(), place);
  }
  Result operator()(const syntax::Optional& optional) const {
    Result result = read_selection(binder, scope, optional.operand.front(), place);
    if (result) result->selection.optional = true;
    return result;
  }
  Result operator()(const syntax::Layers& layers) const;
  Result operator()(const syntax::Where& where) const;
  Result operator()(const syntax::Call& call) const;
  Result operator()(const syntax::Operation& operation) const;

  Result operator()(const syntax::Text& text) const {
    return refuse("a text", fmt::format("write the path in backticks: `{}`", text.text));
  }
  Result operator()(const syntax::List&) const { return refuse("a list", "join selections with `|`"); }
  Result operator()(const syntax::Number&) const { return refuse("a number", {}); }
  Result operator()(const syntax::Quantity&) const { return refuse("a quantity", {}); }

  Result leaf(decltype(Selection::term) term, UnitKind kind) const {
    BoundSelection bound;
    bound.selection.span = span;
    bound.selection.term = std::move(term);
    bound.kind = kind;
    return bound;
  }
  Result refuse(std::string_view what, std::string help) const {
    Diagnostic& diagnostic =
        binder.report(codes::L2051, span, fmt::format("{} selects modules, and this is {}", place, what));
    if (!help.empty()) diagnostic.help(std::move(help));
    return std::nullopt;
  }

  Result word_term(const syntax::Call& call) const;
  Result named(const syntax::Call& call) const;
};

Result Reader::operator()(const syntax::Layers& layers) const {
  LayersTerm term;
  for (const syntax::Range& range : layers.ranges) {
    // Bounds of different signs can be ordered only when the number of layers is known.
    bool same_side = (range.first < 0) == (range.last < 0);
    if (range.step < 1 || (same_side && range.last < range.first)) {
      binder
          .report(codes::L2052, range.span,
                  range.step < 1 ? "a range of layers has no steps" : "a range of layers ends before it begins")
          .help("ranges run upwards and include both ends: `0..3`, `-2..-1`, `1..31 by 2`");
      return std::nullopt;
    }
    term.ranges.push_back({range.first, range.last, range.step});
  }
  return leaf(std::move(term), UnitKind::Any);
}

// Only weights have extents.
Result Reader::operator()(const syntax::Where& where) const {
  std::optional<WhereTerm> term = read_condition(binder, where.comparison);
  if (!term) return std::nullopt;
  return leaf(std::move(*term), UnitKind::Weights);
}

// type(linear), role(head)
Result Reader::word_term(const syntax::Call& call) const {
  bool type = call.name.text == "type";
  const syntax::Call* word =
      call.arguments.size() == 1 && !call.arguments[0].name ? as_call(call.arguments[0].value.front()) : nullptr;
  if (!word || word->called) {
    binder.report(codes::L2027, span, fmt::format("`{}` takes one word", call.name.text))
        .help(type ? "for example `type(linear)`" : "for example `role(head)`");
    return std::nullopt;
  }
  std::vector<std::string> words = type ? weight_kinds() : role_words();
  if (type) words.insert(words.end(), point_kinds().begin(), point_kinds().end());
  if (std::find(words.begin(), words.end(), word->name.text) == words.end()) {
    Diagnostic& diagnostic =
        binder.report(type ? codes::L3009 : codes::L3008, word->name.span,
                      fmt::format("there is no {} `{}`", type ? "kind of operation" : "role", word->name.text));
    suggest(diagnostic, word->name.text, words);
    return std::nullopt;
  }
  if (!type) return leaf(RoleTerm{word->name.text}, UnitKind::Any);
  bool point = std::find(point_kinds().begin(), point_kinds().end(), word->name.text) != point_kinds().end();
  return leaf(TypeTerm{word->name.text}, point ? UnitKind::Points : UnitKind::Weights);
}

// The index of a declared selection, read at its first use; all uses share it, so that it is matched once.
Result bind_select(Binder& binder, Declaration& declaration) {
  using State = Declaration::State;
  const auto& select = std::get<syntax::Select>(declaration.statement->node);
  if (declaration.state == State::Reading) {
    binder.report(codes::L2007, select.name.span, fmt::format("the selection `{}` needs itself", select.name.text));
    declaration.state = State::Broken;
  }
  Nesting nesting(binder, declaration.name);
  if (!nesting.fits()) declaration.state = State::Broken;
  if (declaration.state == State::Unread) {
    declaration.state = State::Reading;
    Result result = read_selection(binder, *declaration.scope, select.value, fmt::format("`{}`", select.name.text));
    if (!result || declaration.state == State::Broken) {
      declaration.state = State::Broken;
    } else {
      declaration.state = State::Read;
      declaration.units = result->kind;
      declaration.selection = binder.recipe.selections.size();
      binder.recipe.selections.push_back({select.name.text, select.name.span, std::move(result->selection),
                                          select.expect, select.expect_span, !declaration.scope->root});
    }
  }
  if (declaration.state == State::Broken) {
    binder.incomplete = true;
    return std::nullopt;
  }
  BoundSelection bound;
  bound.selection.term = NamedTerm{declaration.selection};
  bound.kind = declaration.units;
  return bound;
}

// A name stands for a selection, or for a param that holds one.
Result Reader::named(const syntax::Call& call) const {
  Declaration* declaration = find(scope, call.name.text);
  if (declaration && declaration->kind == NameKind::Param) {
    std::optional<Located> found = follow(binder, scope, syntax::Value{span, call}, ValueType::Selection, place);
    if (!found) return std::nullopt;
    return read_selection(binder, *found->scope, *found->value, place);
  }
  declaration = require(binder, scope, call.name, NameKind::Select, {"type", "role", "layers", "where"});
  if (!declaration) return std::nullopt;
  Result result = bind_select(binder, *declaration);
  if (result) result->selection.span = span;
  return result;
}

Result Reader::operator()(const syntax::Call& call) const {
  if (call.called && (call.name.text == "type" || call.name.text == "role")) return word_term(call);
  if (call.called) {
    Diagnostic& diagnostic =
        binder.report(codes::L2014, call.name.span, fmt::format("there is no selection `{}(...)`", call.name.text));
    suggest(diagnostic, call.name.text, {"type", "role", "layers", "where"});
    return std::nullopt;
  }
  return named(call);
}

// The grammar has three set operators.
SetTerm::Kind operator_kind(const std::string& spelling) {
  if (spelling == "|") return SetTerm::Kind::Union;
  if (spelling == "&") return SetTerm::Kind::Intersection;
  return SetTerm::Kind::Difference;
}

// One operator throughout, `except` from the left. Kinds are joined here: what has none takes that of the others.
Result Reader::operator()(const syntax::Operation& operation) const {
  for (const syntax::Name& name : operation.operators) {
    if (name.text == operation.operators.front().text) continue;
    binder
        .report(codes::L2050, name.span,
                fmt::format("`{}` and `{}` stand side by side", operation.operators.front().text, name.text))
        .label(operation.operators.front().span, "the other operator")
        .help("say with parentheses what belongs together: `(a | b) & c` or `a | (b & c)`");
    return std::nullopt;
  }
  SetTerm term;
  term.kind = operator_kind(operation.operators.front().text);
  UnitKind kind = UnitKind::Any;
  Span first;
  bool broken = false;
  for (const syntax::Value& operand : operation.operands) {
    Result part = read_selection(binder, scope, operand, place);
    broken |= !part;
    if (!part) continue;
    if (part->kind != UnitKind::Any && kind != UnitKind::Any && part->kind != kind) {
      binder
          .report(codes::L3011, operand.span, fmt::format("a selection mixes weights and attention points"),
                  part->kind == UnitKind::Points ? "attention points" : "weights")
          .label(first, kind == UnitKind::Points ? "attention points" : "weights")
          .help("write one rule for each kind");
      return std::nullopt;
    }
    if (kind == UnitKind::Any && part->kind != UnitKind::Any) kind = part->kind, first = operand.span;
    term.operands.push_back(std::move(part->selection));
  }
  if (broken) return std::nullopt;
  return leaf(std::move(term), kind);
}

}  // namespace

std::optional<BoundSelection> read_selection(Binder& binder, Scope& scope, const syntax::Value& value,
                                             std::string_view place) {
  return std::visit(Reader{binder, scope, value.span, place}, value.node);
}

std::optional<Selection> read_weights(Binder& binder, Scope& scope, const syntax::Value& value,
                                      std::string_view place) {
  Result bound = read_selection(binder, scope, value, place);
  if (!bound) return std::nullopt;
  if (bound->kind == UnitKind::Points) {
    binder.report(codes::L4015, value.span,
                  fmt::format("{} takes modules with weights, and these are attention points", place));
    return std::nullopt;
  }
  return std::move(bound->selection);
}

std::optional<size_t> enter_selection(Binder& binder, Scope& scope, const syntax::Value& value,
                                      std::string_view place) {
  std::optional<Selection> selection = read_weights(binder, scope, value, place);
  if (!selection) return std::nullopt;
  if (auto* named = std::get_if<NamedTerm>(&selection->term); named && !selection->optional) return named->index;
  binder.recipe.selections.push_back({"", value.span, std::move(*selection), std::nullopt, {}, true});
  return binder.recipe.selections.size() - 1;
}

void read_selects(Binder& binder, Scope& scope) {
  for (const syntax::Statement& statement : scope.tree.statements) {
    auto* select = std::get_if<syntax::Select>(&statement.node);
    if (!select) continue;
    auto found = scope.own.find(select->name.text);
    // A second declaration of the same name was reported and has no meaning.
    if (found != scope.own.end() && found->second->statement == &statement) bind_select(binder, *found->second);
  }
}

}  // namespace lcr::binding
