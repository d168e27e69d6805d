#include <charconv>

#include <fmt/core.h>

#include "compiler/diagnostics/codes/syntax.h"
#include "compiler/syntax/from_antlr.h"

namespace lcr::syntax {

Span Reader::span(const antlr4::Token* first, const antlr4::Token* last) const {
  return {file, static_cast<const Token*>(first)->begin(), static_cast<const Token*>(last)->end()};
}

Name Reader::name(const antlr4::ParserRuleContext* context) const {
  Span place = span(context);
  return {std::string(slice(place)), place};
}

Path Reader::path(antlr4::tree::TerminalNode* node) const {
  Span place = span(node);
  return {std::string(text.substr(place.begin + 1, place.end - place.begin - 2)), place};
}

Text Reader::string(antlr4::tree::TerminalNode* node) const {
  Span place = span(node);
  std::string result;
  for (uint32_t i = place.begin + 1; i + 1 < place.end; ++i) {
    char c = text[i];
    if (c == '\\') {
      c = text[++i];
      if (c == 'n') c = '\n';
      if (c == 't') c = '\t';
    }
    result += c;
  }
  return {std::move(result), place};
}

double Reader::number(antlr4::tree::TerminalNode* node) const {
  std::string_view digits = slice(span(node));
  double value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {
    diagnostics.report(codes::L1015, span(node), fmt::format("`{}` is out of the range of numbers", digits));
  }
  return value;
}

int64_t Reader::whole(Span place) const {
  std::string_view digits = slice(place);
  int64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc() && end == digits.data() + digits.size()) return value;
  if (error == std::errc::result_out_of_range) {
    diagnostics.report(codes::L1015, place, fmt::format("`{}` is out of the range of numbers", digits));
  } else {
    diagnostics.report(codes::L1014, place, fmt::format("`{}` stands where a whole number is needed", digits));
  }
  return 0;
}

namespace {

Argument to_argument(const Reader& reader, LcrParser::ArgumentContext* context) {
  Argument result;
  if (context->children.size() == 3) result.name = reader.name(child(context, 0));
  result.value.push_back(to_value(reader, static_cast<LcrParser::ValueContext*>(context->children.back())));
  return result;
}

std::vector<Value> to_items(const Reader& reader, LcrParser::ListContext* context) {
  std::vector<Value> items;
  for (LcrParser::ValueContext* value : context->value()) items.push_back(to_value(reader, value));
  return items;
}

int64_t to_bound(const Reader& reader, LcrParser::BoundContext* context) {
  int64_t value = reader.whole(reader.span(context->NUMBER()));
  return head(context) == LcrParser::MINUS ? -value : value;
}

std::vector<Range> to_ranges(const Reader& reader, const std::vector<LcrParser::RangeContext*>& contexts) {
  std::vector<Range> ranges;
  for (LcrParser::RangeContext* range : contexts) ranges.push_back(to_range(reader, range));
  return ranges;
}

// `3`, `-3` and `- 3` are the same number.
Number to_number(const Reader& reader, LcrParser::NumberTermContext* context) {
  antlr4::tree::TerminalNode* node = context->NUMBER();
  Number result{reader.number(node), std::string(reader.slice(reader.span(node)))};
  if (head(context) == LcrParser::MINUS) {
    result.value = -result.value;
    result.text.insert(0, "-");
  }
  return result;
}

Quantity to_quantity(const Reader& reader, LcrParser::QuantityTermContext* context) {
  std::string_view written = reader.slice(reader.span(context->QUANTITY()));
  Quantity result;
  size_t digits = written.find_first_not_of("0123456789.");
  std::from_chars(written.data(), written.data() + digits, result.value);
  result.number = written.substr(0, digits);
  result.unit = written.substr(digits);
  if (head(context) == LcrParser::MINUS) {
    result.value = -result.value;
    result.number.insert(0, "-");
  }
  return result;
}

// `layers(…)` and `layers` begin alike, so the kind of the context decides there.
decltype(Value::node) to_word_term(const Reader& reader, LcrParser::TermContext* context) {
  if (auto* layers = dynamic_cast<LcrParser::LayersTermContext*>(context)) {
    return Layers{to_ranges(reader, layers->range())};
  }
  if (auto* where = dynamic_cast<LcrParser::WhereTermContext*>(context)) {
    return Where{to_comparison(reader, where->comparison())};
  }
  return to_call(reader, static_cast<LcrParser::CallContext*>(child(context, 0)));
}

Value to_term(const Reader& reader, LcrParser::TermContext* context);

decltype(Value::node) to_term_node(const Reader& reader, LcrParser::TermContext* context) {
  switch (head(context)) {
    case LcrParser::OPTIONAL: {
      Optional result;
      result.operand.push_back(to_term(reader, static_cast<LcrParser::TermContext*>(child(context, 1))));
      return result;
    }
    case LcrParser::LPAREN: {
      Group result;
      result.operand.push_back(to_value(reader, static_cast<LcrParser::ValueContext*>(child(context, 1))));
      return result;
    }
    case LcrParser::LBRACKET:
      return List{to_items(reader, static_cast<LcrParser::ListContext*>(child(context, 0)))};
    case LcrParser::PATH:
      return reader.path(static_cast<LcrParser::PathTermContext*>(context)->PATH());
    case LcrParser::REGEX: {
      std::string_view written = reader.slice(reader.span(context));
      return Regex{std::string(written.substr(3, written.size() - 4))};
    }
    case LcrParser::STRING:
      return reader.string(static_cast<LcrParser::StringTermContext*>(context)->STRING());
    case LcrParser::NUMBER:
      return to_number(reader, static_cast<LcrParser::NumberTermContext*>(context));
    case LcrParser::QUANTITY:
      return to_quantity(reader, static_cast<LcrParser::QuantityTermContext*>(context));
    case LcrParser::MINUS:
      if (auto* number = dynamic_cast<LcrParser::NumberTermContext*>(context)) return to_number(reader, number);
      return to_quantity(reader, static_cast<LcrParser::QuantityTermContext*>(context));
    default:
      return to_word_term(reader, context);
  }
}

Value to_term(const Reader& reader, LcrParser::TermContext* context) {
  return {reader.span(context), to_term_node(reader, context)};
}

}  // namespace

Value to_value(const Reader& reader, LcrParser::ValueContext* context) {
  if (context->children.size() == 1) return to_term(reader, static_cast<LcrParser::TermContext*>(child(context, 0)));
  Operation operation;
  for (size_t i = 0; i < context->children.size(); ++i) {
    antlr4::ParserRuleContext* part = child(context, i);
    if (i % 2 == 1) {
      operation.operators.push_back(reader.name(part));
    } else {
      operation.operands.push_back(to_term(reader, static_cast<LcrParser::TermContext*>(part)));
    }
  }
  return {reader.span(context), std::move(operation)};
}

Call to_call(const Reader& reader, LcrParser::CallContext* context) {
  Call result;
  result.name = {std::string(reader.slice(reader.span(context->start, context->start))),
                 reader.span(context->start, context->start)};
  if (context->children.size() == 2) {
    result.called = true;
    result.arguments = to_arguments(reader, context->arguments());
  }
  return result;
}

std::vector<Argument> to_arguments(const Reader& reader, LcrParser::ArgumentsContext* context) {
  std::vector<Argument> result;
  for (LcrParser::ArgumentContext* argument : context->argument()) result.push_back(to_argument(reader, argument));
  return result;
}

Range to_range(const Reader& reader, LcrParser::RangeContext* context) {
  Range result;
  result.span = reader.span(context);
  result.first = to_bound(reader, context->bound(0));
  result.single = context->bound().size() == 1;
  result.last = result.single ? result.first : to_bound(reader, context->bound(1));
  if (context->NUMBER() != nullptr) result.step = reader.whole(reader.span(context->NUMBER()));
  return result;
}

std::vector<Text> to_texts(const Reader& reader, LcrParser::ListContext* context) {
  std::vector<Text> result;
  for (LcrParser::ValueContext* value : context->value()) {
    Value item = to_value(reader, value);
    if (Text* text = std::get_if<Text>(&item.node)) {
      result.push_back(std::move(*text));
    } else {
      reader.diagnostics.report(codes::L1016, item.span, "a list of names in quotes holds something else",
                                "a text in quotes is expected");
    }
  }
  return result;
}

}  // namespace lcr::syntax
