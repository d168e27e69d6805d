#include <fmt/format.h>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/arithmetic.h"
#include "compiler/model/elaborator.h"
#include "compiler/model/embedded.h"
#include "compiler/model/words.h"

namespace lcr::elaboration {
namespace {

using syntax::Graph;

constexpr int deepest = 400;

std::vector<std::string> names_in(const Scope& scope) {
  std::vector<std::string> names;
  for (const auto& [name, term] : scope.definitions) names.push_back(name);
  for (const auto& [name, setting] : scope.indexed) names.push_back(name);
  return names;
}

bool absent(const Term& term) { return term.is<Missing>() || term.is<Nothing>(); }

}  // namespace

Term Elaborator::evaluate(const Graph& graph, Frame& frame) {
  if (depth_ > deepest) return fail(codes::L7017, graph.span, "the expression is nested too deeply");
  ++depth_;
  Term result = [&]() -> Term {
    switch (graph.kind) {
      case Graph::Kind::Operation: return graph.called ? call(graph, frame) : name(graph, frame);
      case Graph::Kind::Text: return {graph.text};
      case Graph::Kind::Number: {
        const bool whole = graph.text.find_first_of(".eE") == std::string::npos;
        return whole ? Term{static_cast<int64_t>(graph.number)} : Term{graph.number};
      }
      case Graph::Kind::List: {
        std::vector<Term> items;
        for (const Graph& operand : graph.operands) {
          items.push_back(evaluate(operand, frame));
          if (items.back().is<Poison>()) return {Poison{}};
        }
        return list_of(std::move(items));
      }
      case Graph::Kind::Member: return graph.called ? call(graph, frame) : member(graph, frame);
      case Graph::Kind::Index: return index(graph, frame);
      case Graph::Kind::Negate:
      case Graph::Kind::Not: return unary(graph, frame);
      case Graph::Kind::Binary: return binary(graph, frame);
      case Graph::Kind::Choice: return choice(graph, frame);
    }
    return {Poison{}};
  }();
  --depth_;
  return result;
}

Term Elaborator::name(const Graph& graph, Frame& frame) {
  if (const Term* local = frame.locals.find(graph.text)) return *local;
  if (auto found = frame.scope.definitions.find(graph.text); found != frame.scope.definitions.end())
    return found->second;
  if (auto found = frame.scope.parts.find(graph.text); found != frame.scope.parts.end())
    return {PartOf{found->second.get()}};
  if (auto found = frame.scope.indexed.find(graph.text); found != frame.scope.indexed.end())
    return {Indexed{&frame.scope, found->second}};
  if (graph.text == "true" || graph.text == "false") return {graph.text == "true"};
  if (graph.text == "none") return {Nothing{}};
  if (auto word = word_of(graph.text)) return *word;
  if (frame.config) return key(frame.scope, graph.text);
  std::vector<std::string> helps;
  if (auto near = nearest(graph.text, names_in(frame.scope)); !near.empty())
    helps.push_back(fmt::format("did you mean `{}`", near));
  return fail(codes::L7011, graph.span, fmt::format("`{}` is no parameter, local or definition", graph.text), helps);
}

Term Elaborator::member(const Graph& graph, Frame& frame) {
  Term base = evaluate(graph.operands[0], frame);
  if (base.is<Poison>()) return base;
  if (auto* missing = base.as<Missing>()) return {Missing{missing->key + "." + graph.text}};
  if (base.is<Nothing>()) return {Missing{graph.text}};
  if (auto* part = base.as<PartOf>()) {
    auto found = part->scope->definitions.find(graph.text);
    if (found != part->scope->definitions.end()) return found->second;
    return fail(codes::L7011, graph.span,
                fmt::format("`{}` does not define `{}`", part->scope->description->name, graph.text));
  }
  if (auto* object = base.as<Object>()) {
    std::string path = object->path + graph.text;
    read_.insert(path);
    const Json* json = object->json->find(graph.text);
    return json ? of_json(*json, path) : Term{Missing{std::move(path)}};
  }
  return fail(codes::L7017, graph.span, fmt::format("{} has no field `{}`", kind_of(base), graph.text));
}

Term Elaborator::index(const Graph& graph, Frame& frame) {
  Term base = evaluate(graph.operands[0], frame);
  Term at = evaluate(graph.operands[1], frame);
  if (base.is<Poison>() || at.is<Poison>()) return {Poison{}};
  if (base.is<Nothing>()) return {Missing{}};
  if (base.is<Missing>()) return base;
  const auto number = whole_of(at);
  if (!number) return fail(codes::L7017, graph.operands[1].span, fmt::format("{} is no index", kind_of(at)));
  if (auto* indexed = base.as<Indexed>()) {
    Locals locals;
    locals.set(indexed->setting->target->index->text, {*number});
    Frame inner{locals, *indexed->scope, true};
    return evaluate(indexed->setting->value, inner);
  }
  auto out_of_range = [&](size_t size) {
    return fail(codes::L7017, graph.span, fmt::format("the index {} is outside of a list of {}", *number, size));
  };
  const auto i = static_cast<size_t>(*number);
  if (auto* list = base.as<List>())
    return *number >= 0 && i < (*list)->size() ? (**list)[i] : out_of_range((*list)->size());
  if (auto* text = base.as<std::string>())
    return *number >= 0 && i < text->size() ? Term{std::string(1, (*text)[i])} : out_of_range(text->size());
  if (auto* table = base.as<Table>()) {
    auto found = (*table)->find(*number);
    if (found != (*table)->end()) return found->second;
    return fail(codes::L7017, graph.span, fmt::format("nothing was stored under the index {}", *number));
  }
  return fail(codes::L7017, graph.operands[0].span, fmt::format("{} cannot be indexed", kind_of(base)));
}

Term Elaborator::unary(const Graph& graph, Frame& frame) {
  if (graph.kind == Graph::Kind::Not) {
    auto holds = truth(graph.operands[0], frame);
    return holds ? Term{!*holds} : Term{Poison{}};
  }
  Term operand = evaluate(graph.operands[0], frame);
  if (operand.is<Poison>() || operand.is<Missing>()) return operand;
  if (auto* flow = operand.as<Flow>()) {
    Node node;
    node.op = Op::Negate;
    node.inputs = {flow->id};
    node.span = graph.span;
    return {emit(std::move(node), {value(*flow)})[0]};
  }
  auto negated = calculate("-", {int64_t{0}}, operand);
  if (operand.is<double>()) return {-number_of(operand)};
  return negated ? *negated : fail(codes::L7017, graph.span, fmt::format("{} cannot be negated", kind_of(operand)));
}

Term Elaborator::binary(const Graph& graph, Frame& frame) {
  const std::string& operation = graph.text;
  if (operation == "and") {
    auto left = truth(graph.operands[0], frame);
    if (!left || !*left) return left ? Term{false} : Term{Poison{}};
    auto right = truth(graph.operands[1], frame);
    return right ? Term{*right} : Term{Poison{}};
  }
  Term left = evaluate(graph.operands[0], frame);
  if (left.is<Poison>()) return left;
  if (operation == "or") return absent(left) ? evaluate(graph.operands[1], frame) : left;
  if (operation == "default") return left.is<Missing>() ? evaluate(graph.operands[1], frame) : left;
  Term right = evaluate(graph.operands[1], frame);
  if (right.is<Poison>()) return right;
  if (left.is<Missing>()) return left;
  if (right.is<Missing>()) return right;
  if (left.is<Flow>() || right.is<Flow>()) return combine_flows(graph, left, right);
  if (std::string_view("+-*/%").find(operation) != std::string_view::npos) {
    if (auto result = calculate(operation, left, right)) return *result;
  } else if (auto holds = compare(operation, left, right)) {
    return {*holds};
  }
  return fail(codes::L7017, graph.span,
              fmt::format("`{}` has no meaning for {} and {}", operation, kind_of(left), kind_of(right)));
}

Term Elaborator::choice(const Graph& graph, Frame& frame) {
  auto holds = truth(graph.operands[0], frame);
  if (!holds) return {Poison{}};
  return run_bare(graph.bodies[*holds ? 0 : 1], frame);
}

std::optional<bool> Elaborator::truth(const Graph& graph, Frame& frame) {
  Term term = evaluate(graph, frame);
  if (auto* holds = term.as<bool>()) return *holds;
  if (auto* missing = term.as<Missing>())
    fail(codes::L7015, graph.span, fmt::format("config.json has no `{}`", missing->key));
  else if (!term.is<Poison>())
    fail(codes::L7017, graph.span, fmt::format("a condition is true or false, this is {}", kind_of(term)));
  return std::nullopt;
}

std::optional<int64_t> Elaborator::whole(const Graph& graph, Frame& frame, std::string_view what) {
  Term term = evaluate(graph, frame);
  if (auto number = whole_of(term); number && *number >= 0) return number;
  if (!term.is<Poison>())
    fail(codes::L7013, graph.span, fmt::format("{} is a whole number, this is {}", what, spelled(term)));
  return std::nullopt;
}

std::optional<Dims> Elaborator::dimensions(const syntax::Shape::Output& shape, Frame& frame) {
  Dims dims;
  for (const Graph& dimension : shape.dimensions) {
    auto extent = whole(dimension, frame, "a dimension");
    if (!extent) return std::nullopt;
    dims.push_back(*extent);
  }
  return dims;
}

std::optional<std::string> Elaborator::path_text(const syntax::Path& path, Frame& frame) {
  auto pieces = cut_at_braces(path.text);
  if (!pieces) {
    fail(codes::L7017, path.span, "the braces of this path do not pair");
    return std::nullopt;
  }
  std::string text = pieces->front();
  for (size_t i = 1; i < pieces->size(); i += 2) {
    auto graph = parse_embedded((*pieces)[i], path.span);
    if (!graph) {
      fail(codes::L7017, path.span, fmt::format("`{}` is no expression of names and whole numbers", (*pieces)[i]));
      return std::nullopt;
    }
    Term term = evaluate(*graph, frame);
    if (auto number = whole_of(term)) text += std::to_string(*number);
    else if (auto* word = term.as<std::string>()) text += *word;
    else if (term.is<ExpertNumber>()) text += "{}";
    else {
      if (!term.is<Poison>()) fail(codes::L7017, path.span, fmt::format("{} cannot stand in a path", kind_of(term)));
      return std::nullopt;
    }
    text += (*pieces)[i + 1];
  }
  return text;
}

}  // namespace lcr::elaboration
