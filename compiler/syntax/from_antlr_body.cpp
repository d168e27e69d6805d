#include "compiler/diagnostics/codes/syntax.h"
#include "compiler/syntax/from_antlr.h"

// Steps, shapes and targets of architecture files.
namespace lcr::syntax {

namespace {

// `else if …` is a body that holds one If step.
Body to_else(const Reader& reader, LcrParser::IfStepContext* context);

// Both forms of `if` have the same parts: the condition, a body, and either a body, another `if` or nothing.
template <typename Context>
Step to_branch(const Reader& reader, Context* context) {
  Step result;
  result.kind = Step::Kind::If;
  result.span = reader.span(context);
  result.values.push_back(to_graph(reader, context->graph()));
  for (LcrParser::BodyContext* body : context->body()) result.bodies.push_back(to_body(reader, body));
  if (context->ifStep() != nullptr) result.bodies.push_back(to_else(reader, context->ifStep()));
  return result;
}

Body to_else(const Reader& reader, LcrParser::IfStepContext* context) {
  Body result;
  result.span = reader.span(context);
  result.steps.push_back(to_branch(reader, context));
  return result;
}

Step to_assignment(const Reader& reader, LcrParser::AssignmentContext* context) {
  Step result;
  result.kind = Step::Kind::Assign;
  for (LcrParser::TargetContext* target : context->target()) result.targets.push_back(to_target(reader, target));
  result.values.push_back(to_graph(reader, context->graph()));
  return result;
}

Step to_loop(const Reader& reader, LcrParser::LoopContext* context) {
  Step result;
  result.kind = Step::Kind::Repeat;
  result.variable = reader.name(context->name());
  for (LcrParser::SumContext* sum : context->sum()) result.values.push_back(to_sum(reader, sum));
  result.bodies.push_back(to_body(reader, context->body()));
  return result;
}

Step to_step(const Reader& reader, LcrParser::StepContext* context) {
  Step result;
  switch (head(context)) {
    case LcrParser::YIELD:
      for (LcrParser::GraphContext* graph : static_cast<LcrParser::ResultContext*>(context)->graph()) {
        result.values.push_back(to_graph(reader, graph));
      }
      break;
    case LcrParser::UNUSED:
      result.kind = Step::Kind::Unused;
      result.values.push_back(to_graph(reader, static_cast<LcrParser::UnusedOperationContext*>(context)->graph()));
      break;
    case LcrParser::REPEAT: result = to_loop(reader, static_cast<LcrParser::LoopContext*>(context)); break;
    case LcrParser::IF: result = to_branch(reader, static_cast<LcrParser::BranchContext*>(context)); break;
    default: result = to_assignment(reader, static_cast<LcrParser::AssignmentContext*>(context));
  }
  result.span = reader.span(context);
  return result;
}

Shape::Output to_bracketed(const Reader& reader, LcrParser::ShapeContext* context) {
  Shape::Output result;
  result.bracketed = true;
  for (LcrParser::SumContext* sum : context->sum()) result.dimensions.push_back(to_sum(reader, sum));
  return result;
}

}  // namespace

Body to_body(const Reader& reader, LcrParser::BodyContext* context) {
  Body result;
  result.span = reader.span(context);
  if (context->disjunction() == nullptr) {
    for (LcrParser::StepContext* step : context->step()) result.steps.push_back(to_step(reader, step));
    return result;
  }
  result.bare = true;
  Step& step = result.steps.emplace_back();
  step.values.push_back(to_result(reader, context->disjunction()));
  step.span = reader.span(context->disjunction());
  return result;
}

Graph to_extent(const Reader& reader, LcrParser::ExtentContext* context) {
  Graph result;
  result.span = reader.span(context);
  result.text = reader.slice(result.span);
  if (context->NUMBER() != nullptr) {
    result.number = reader.number(context->NUMBER());
  } else {
    result.kind = Graph::Kind::Operation;
  }
  return result;
}

// Outputs in parentheses do not nest; deeper parentheses are the same list with an error.
Shape to_shape(const Reader& reader, LcrParser::ShapeContext* context) {
  Shape result;
  result.span = reader.span(context);
  if (head(context) == LcrParser::LBRACKET) {
    result.outputs.push_back(to_bracketed(reader, context));
    return result;
  }
  result.parenthesized = true;
  for (size_t i = 1; i < context->children.size(); i += 2) {
    antlr4::ParserRuleContext* part = child(context, i);
    if (part->getRuleIndex() == LcrParser::RuleExtent) {
      Shape::Output& output = result.outputs.emplace_back();
      output.dimensions.push_back(to_extent(reader, static_cast<LcrParser::ExtentContext*>(part)));
    } else if (head(part) == LcrParser::LBRACKET) {
      result.outputs.push_back(to_bracketed(reader, static_cast<LcrParser::ShapeContext*>(part)));
    } else {
      reader.diagnostics.report(codes::L1018, reader.span(part), "a list of outputs holds another one",
                                "one level of parentheses is enough");
    }
  }
  return result;
}

Target to_target(const Reader& reader, LcrParser::TargetContext* context) {
  Target result{reader.name(context->name(0)), {}};
  if (context->children.size() > 1) result.index = reader.name(context->name(1));
  return result;
}

}  // namespace lcr::syntax
