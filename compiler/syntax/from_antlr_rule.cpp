#include "compiler/syntax/from_antlr.h"

// `keep`, `quantize` and `prune`.
namespace lcr::syntax {

namespace {

Candidate to_candidate(const Reader& reader, LcrParser::CandidateContext* context) {
  Candidate result;
  result.span = reader.span(context);
  if (context->value() != nullptr) result.precision = to_value(reader, context->value());
  if (context->stack() != nullptr) result.stack = to_stack(reader, context->stack());
  return result;
}

Quantize to_quantize(const Reader& reader, LcrParser::QuantizeRuleContext* context) {
  Quantize result;
  result.selection = to_value(reader, context->value());
  LcrParser::PrecisionContext* precision = context->precision();
  result.precision_span = reader.span(precision);
  if (head(precision) == LcrParser::AUTO) {
    for (LcrParser::CandidateContext* candidate : static_cast<LcrParser::AutomaticContext*>(precision)->candidate()) {
      result.candidates.push_back(to_candidate(reader, candidate));
    }
  } else {
    result.precision = to_value(reader, static_cast<LcrParser::FixedContext*>(precision)->value());
  }
  if (context->stack() != nullptr) result.stack = to_stack(reader, context->stack());
  return result;
}

Prune to_prune(const Reader& reader, LcrParser::PruneRuleContext* context) {
  Prune result;
  result.selection = to_value(reader, context->value());
  if (LcrParser::AmountContext* amount = context->amount()) {
    result.amount_span = reader.span(amount);
    result.by = head(amount) == LcrParser::BY;
    if (amount->NM() != nullptr) {
      Span span = reader.span(amount->NM());
      auto colon = static_cast<uint32_t>(reader.text.find(':', span.begin));
      result.pattern.emplace(reader.whole({span.file, span.begin, colon}),
                             reader.whole({span.file, colon + 1, span.end}));
    } else {
      result.share = to_value(reader, amount->value());
    }
  }
  if (context->call() != nullptr) result.call = to_call(reader, context->call());
  return result;
}

}  // namespace

Node to_rule(const Reader& reader, LcrParser::RuleStatementContext* context) {
  switch (head(context)) {
    case LcrParser::KEEP:
      return Keep{to_value(reader, static_cast<LcrParser::KeepRuleContext*>(context)->value())};
    case LcrParser::QUANTIZE:
      return to_quantize(reader, static_cast<LcrParser::QuantizeRuleContext*>(context));
    default:
      return to_prune(reader, static_cast<LcrParser::PruneRuleContext*>(context));
  }
}

Stack to_stack(const Reader& reader, LcrParser::StackContext* context) {
  Stack result;
  result.span = reader.span(context);
  for (LcrParser::CallContext* call : context->call()) result.calls.push_back(to_call(reader, call));
  return result;
}

}  // namespace lcr::syntax
