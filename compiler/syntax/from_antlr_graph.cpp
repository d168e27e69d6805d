#include "compiler/diagnostics/codes/syntax.h"
#include "compiler/syntax/from_antlr.h"

// Expressions of architecture files. Most contexts of the layered grammar have one child; they are walked through.
namespace lcr::syntax {

namespace {

Graph binary(const Reader& reader, Span op, Graph left, Graph right) {
  Graph result;
  result.kind = Graph::Kind::Binary;
  result.span = left.span.cover(right.span);
  result.text = reader.slice(op);
  result.operands.push_back(std::move(left));
  result.operands.push_back(std::move(right));
  return result;
}

Graph unary(Graph::Kind kind, Span span, Graph operand) {
  Graph result;
  result.kind = kind;
  result.span = span;
  result.operands.push_back(std::move(operand));
  return result;
}

Graph to_choice(const Reader& reader, LcrParser::ChoiceContext* context) {
  Graph result;
  result.kind = Graph::Kind::Choice;
  result.span = reader.span(context);
  result.operands.push_back(to_graph(reader, context->graph()));
  result.bodies.push_back(to_body(reader, context->body(0)));
  if (context->choice() == nullptr) {
    result.bodies.push_back(to_body(reader, context->body(1)));
    return result;
  }
  // `else if` is a bare result.
  Body& otherwise = result.bodies.emplace_back();
  Step& step = otherwise.steps.emplace_back();
  step.values.push_back(to_choice(reader, context->choice()));
  otherwise.span = step.span = step.values[0].span;
  otherwise.bare = true;
  return result;
}

void take_arguments(const Reader& reader, LcrParser::GraphArgumentsContext* context, Graph& into) {
  into.called = true;
  if (context->PATH() != nullptr) into.path = reader.path(context->PATH());
  for (LcrParser::GraphArgumentContext* argument : context->graphArgument()) {
    GraphArgument& entry = into.arguments.emplace_back();
    if (argument->name() != nullptr) entry.name = reader.name(argument->name());
    entry.value.push_back(to_graph(reader, argument->graph()));
  }
}

Graph to_operation(const Reader& reader, LcrParser::OperationAtomContext* context) {
  Graph result;
  result.kind = Graph::Kind::Operation;
  result.text = reader.slice(reader.span(context->name()));
  if (context->graphArguments() != nullptr) take_arguments(reader, context->graphArguments(), result);
  return result;
}

Graph to_atom(const Reader& reader, LcrParser::AtomContext* context) {
  Graph result;
  switch (head(context)) {
    case LcrParser::LPAREN:
      result = to_graph(reader, static_cast<LcrParser::GroupedAtomContext*>(context)->graph());
      result.grouped = true;
      break;
    case LcrParser::LBRACKET:
      result.kind = Graph::Kind::List;
      for (LcrParser::GraphContext* item : static_cast<LcrParser::ListAtomContext*>(context)->graph()) {
        result.operands.push_back(to_graph(reader, item));
      }
      break;
    case LcrParser::STRING:
      result.kind = Graph::Kind::Text;
      result.text = reader.string(static_cast<LcrParser::TextAtomContext*>(context)->STRING()).text;
      break;
    case LcrParser::NUMBER: {
      antlr4::tree::TerminalNode* node = static_cast<LcrParser::NumberAtomContext*>(context)->NUMBER();
      result.number = reader.number(node);
      result.text = reader.slice(reader.span(node));
      break;
    }
    default: result = to_operation(reader, static_cast<LcrParser::OperationAtomContext*>(context));
  }
  result.span = reader.span(context);
  return result;
}

// `.name`, `.name(arguments)` and `[index]` one after another.
Graph to_postfix(const Reader& reader, LcrParser::PostfixContext* context) {
  Graph result = to_atom(reader, static_cast<LcrParser::AtomContext*>(child(context, 0)));
  const std::vector<antlr4::tree::ParseTree*>& parts = context->children;
  for (size_t i = 1; i < parts.size();) {
    bool member = static_cast<antlr4::tree::TerminalNode*>(parts[i])->getSymbol()->getType() == LcrParser::DOT;
    Span span = result.span;
    result = unary(member ? Graph::Kind::Member : Graph::Kind::Index, span, std::move(result));
    if (!member) {
      result.operands.push_back(to_graph(reader, static_cast<LcrParser::GraphContext*>(child(context, i + 1))));
      result.span = span.cover(child_span(reader, context, i + 2));
      i += 3;
      continue;
    }
    Name name = reader.name(child(context, i + 1));
    result.text = std::move(name.text);
    result.span = span.cover(name.span);
    i += 2;
    if (i == parts.size()) break;
    if (auto* arguments = dynamic_cast<LcrParser::GraphArgumentsContext*>(parts[i])) {
      take_arguments(reader, arguments, result);
      result.span = span.cover(reader.span(arguments));
      ++i;
    }
  }
  return result;
}

Graph to_prefixed(const Reader& reader, LcrParser::PrefixedContext* context) {
  if (context->postfix() != nullptr) return to_postfix(reader, context->postfix());
  return unary(Graph::Kind::Negate, reader.span(context), to_prefixed(reader, context->prefixed()));
}

Over to_over(const Reader& reader, LcrParser::AnnotationContext* context) {
  Over result;
  result.variable = reader.name(context->name());
  result.bounds.push_back(to_sum(reader, context->sum(0)));
  result.bounds.push_back(to_sum(reader, context->sum(1)));
  result.body.push_back(to_body(reader, context->body()));
  return result;
}

Shape to_output(const Reader& reader, LcrParser::AnnotationContext* context) {
  if (context->shape() != nullptr) return to_shape(reader, context->shape());
  Shape result;
  result.span = reader.span(context->extent());
  result.outputs.emplace_back().dimensions.push_back(to_extent(reader, context->extent()));
  return result;
}

void annotate(const Reader& reader, LcrParser::AnnotationContext* context, Graph& graph) {
  bool repeated = false;
  switch (head(context)) {
    case LcrParser::ARROW:
      repeated = graph.shape.has_value();
      graph.shape = to_output(reader, context);
      break;
    case LcrParser::ROLE:
      repeated = graph.role.has_value();
      graph.role = reader.name(context->name());
      break;
    default:
      repeated = !graph.over.empty();
      graph.over.assign(1, to_over(reader, context));
  }
  graph.span = graph.span.cover(reader.span(context));
  if (repeated) {
    reader.diagnostics.report(codes::L1017, reader.span(context), "an operation has two annotations of one kind",
                              "this one repeats it");
  }
}

Graph to_scaled(const Reader& reader, LcrParser::ScaledContext* context) {
  Graph result = to_prefixed(reader, static_cast<LcrParser::PrefixedContext*>(child(context, 0)));
  for (LcrParser::AnnotationContext* annotation : context->annotation()) annotate(reader, annotation, result);
  if (context->prefixed().size() == 1) return result;
  for (size_t i = 2; i < context->children.size(); i += 2) {
    Graph right = to_prefixed(reader, static_cast<LcrParser::PrefixedContext*>(child(context, i)));
    result = binary(reader, child_span(reader, context, i - 1), std::move(result), std::move(right));
  }
  return result;
}

Graph to_relational(const Reader& reader, LcrParser::RelationalContext* context) {
  Graph left = to_sum(reader, context->sum(0));
  if (context->children.size() == 1) return left;
  Graph right = to_sum(reader, context->sum(1));
  bool negated = context->NOT() != nullptr;
  if (context->comparator() != nullptr) {
    return binary(reader, reader.span(context->comparator()), std::move(left), std::move(right));
  }
  Graph result = binary(reader, reader.span(context->IN()), std::move(left), std::move(right));
  if (negated) result.text = "not in";
  return result;
}

Graph to_negation(const Reader& reader, LcrParser::NegationContext* context) {
  if (context->relational() != nullptr) return to_relational(reader, context->relational());
  return unary(Graph::Kind::Not, reader.span(context), to_negation(reader, context->negation()));
}

Graph to_conjunction(const Reader& reader, LcrParser::ConjunctionContext* context) {
  Graph result = to_negation(reader, static_cast<LcrParser::NegationContext*>(child(context, 0)));
  for (size_t i = 2; i < context->children.size(); i += 2) {
    Graph right = to_negation(reader, static_cast<LcrParser::NegationContext*>(child(context, i)));
    result = binary(reader, child_span(reader, context, i - 1), std::move(result), std::move(right));
  }
  return result;
}

Graph to_disjunction(const Reader& reader, LcrParser::DisjunctionContext* context) {
  Graph result = to_conjunction(reader, static_cast<LcrParser::ConjunctionContext*>(child(context, 0)));
  for (size_t i = 2; i < context->children.size(); i += 2) {
    antlr4::ParserRuleContext* part = child(context, i);
    Graph right = part->getRuleIndex() == LcrParser::RuleChoice
                      ? to_choice(reader, static_cast<LcrParser::ChoiceContext*>(part))
                      : to_conjunction(reader, static_cast<LcrParser::ConjunctionContext*>(part));
    result = binary(reader, child_span(reader, context, i - 1), std::move(result), std::move(right));
  }
  return result;
}

}  // namespace

Graph to_graph(const Reader& reader, LcrParser::GraphContext* context) {
  if (context->choice() != nullptr) return to_choice(reader, context->choice());
  return to_disjunction(reader, context->disjunction());
}

Graph to_result(const Reader& reader, LcrParser::DisjunctionContext* context) {
  return to_disjunction(reader, context);
}

Graph to_sum(const Reader& reader, LcrParser::SumContext* context) {
  Graph result = to_scaled(reader, static_cast<LcrParser::ScaledContext*>(child(context, 0)));
  for (size_t i = 2; i < context->children.size(); i += 2) {
    antlr4::ParserRuleContext* part = child(context, i);
    Graph right = part->getRuleIndex() == LcrParser::RuleChoice
                      ? to_choice(reader, static_cast<LcrParser::ChoiceContext*>(part))
                      : to_scaled(reader, static_cast<LcrParser::ScaledContext*>(part));
    result = binary(reader, child_span(reader, context, i - 1), std::move(result), std::move(right));
  }
  return result;
}

}  // namespace lcr::syntax
