#include "compiler/syntax/from_antlr.h"

// `where(in % 128 == 0)` and the conditions of serving files.
namespace lcr::syntax {

namespace {

Arithmetic to_arithmetic(const Reader& reader, LcrParser::ArithmeticContext* context);

Arithmetic to_factor(const Reader& reader, LcrParser::FactorContext* context) {
  if (context->arithmetic() != nullptr) return to_arithmetic(reader, context->arithmetic());
  Arithmetic result;
  result.span = reader.span(context);
  result.text = reader.slice(result.span);
  if (context->NUMBER() != nullptr) {
    result.number = reader.number(context->NUMBER());
  } else {
    result.kind = Arithmetic::Kind::Name;
  }
  return result;
}

Arithmetic binary(const Reader& reader, Span op, Arithmetic left, Arithmetic right) {
  Arithmetic result;
  result.kind = Arithmetic::Kind::Binary;
  result.span = left.span.cover(right.span);
  result.text = reader.slice(op);
  result.operands.push_back(std::move(left));
  result.operands.push_back(std::move(right));
  return result;
}

Arithmetic to_product(const Reader& reader, LcrParser::ProductContext* context) {
  Arithmetic result = to_factor(reader, context->factor(0));
  for (size_t i = 2; i < context->children.size(); i += 2) {
    Arithmetic right = to_factor(reader, static_cast<LcrParser::FactorContext*>(child(context, i)));
    result = binary(reader, child_span(reader, context, i - 1), std::move(result), std::move(right));
  }
  return result;
}

Arithmetic to_arithmetic(const Reader& reader, LcrParser::ArithmeticContext* context) {
  Arithmetic result = to_product(reader, context->product(0));
  for (size_t i = 2; i < context->children.size(); i += 2) {
    Arithmetic right = to_product(reader, static_cast<LcrParser::ProductContext*>(child(context, i)));
    result = binary(reader, child_span(reader, context, i - 1), std::move(result), std::move(right));
  }
  return result;
}

}  // namespace

Comparison to_comparison(const Reader& reader, LcrParser::ComparisonContext* context) {
  Comparison result;
  result.span = reader.span(context);
  result.comparator = reader.slice(reader.span(context->comparator()));
  result.sides.push_back(to_arithmetic(reader, context->arithmetic(0)));
  result.sides.push_back(to_arithmetic(reader, context->arithmetic(1)));
  return result;
}

}  // namespace lcr::syntax
