#include <fmt/core.h>

#include "compiler/syntax/format_parts.h"

namespace lcr::syntax {

std::string quote(std::string_view value) {
  std::string result = "\"";
  for (char c : value) {
    switch (c) {
      case '"': result += "\\\""; break;
      case '\\': result += "\\\\"; break;
      case '\n': result += "\\n"; break;
      case '\t': result += "\\t"; break;
      default: result += c;
    }
  }
  return result + "\"";
}

std::string tick(const Path& path) { return "`" + path.text + "`"; }

namespace {

std::string range_text(const Range& range) {
  if (range.single) return fmt::format("{}", range.first);
  if (range.step == 1) return fmt::format("{}..{}", range.first, range.last);
  return fmt::format("{}..{} by {}", range.first, range.last, range.step);
}

int precedence(const Arithmetic& arithmetic) {
  if (arithmetic.kind != Arithmetic::Kind::Binary) return 3;
  return arithmetic.text == "+" || arithmetic.text == "-" ? 1 : 2;
}

// `least`: the loosest operator that needs no parentheses here.
std::string arithmetic_text(const Arithmetic& arithmetic, int least) {
  if (arithmetic.kind != Arithmetic::Kind::Binary) return arithmetic.text;
  int own = precedence(arithmetic);
  std::string result = fmt::format("{} {} {}", arithmetic_text(arithmetic.operands[0], own), arithmetic.text,
                                   arithmetic_text(arithmetic.operands[1], own + 1));
  return own < least ? "(" + result + ")" : result;
}

// One item a line, with a comma behind each and its comments, when the author began it so.
Doc format_list(Margin& margin, const List& list, Span span) {
  if (list.items.empty()) return text("[]");
  if (margin.ends_line(span.begin + 1)) {
    return format_lines(margin, "[", list.items.size(), span.end - 1, [&](size_t i) {
      return ListItem{list.items[i].span, [&margin, &item = list.items[i]] { return format_value(margin, item); }};
    });
  }
  std::vector<Doc> items;
  for (const Value& item : list.items) items.push_back(format_value(margin, item));
  return concat({text("["), fill(std::move(items)), text("]")});
}

Doc format_operation(Margin& margin, const Operation& operation) {
  std::vector<Doc> parts = {format_value(margin, operation.operands[0])};
  for (size_t i = 0; i < operation.operators.size(); ++i) {
    parts.push_back(group(concat({line(), text(operation.operators[i].text + " "),
                                  format_value(margin, operation.operands[i + 1])})));
  }
  return nest(kIndent, concat(std::move(parts)));
}

Doc format_ranges(std::string_view head, const std::vector<Range>& ranges) {
  std::vector<Doc> items;
  for (const Range& range : ranges) items.push_back(text(range_text(range)));
  return concat({text(head), text("("), fill(std::move(items)), text(")")});
}

struct ValueFormatter {
  Margin& margin;
  Span span;

  Doc operator()(const Call& call) const { return format_call(margin, call); }
  Doc operator()(const List& list) const { return format_list(margin, list, span); }
  Doc operator()(const Optional& node) const {
    return concat({text("optional "), format_value(margin, node.operand[0])});
  }
  Doc operator()(const Group& node) const {
    return concat({text("("), align(format_value(margin, node.operand[0])), text(")")});
  }
  Doc operator()(const Layers& node) const { return format_ranges("layers", node.ranges); }
  Doc operator()(const Where& node) const {
    return concat({text("where("), format_comparison(node.comparison), text(")")});
  }
  Doc operator()(const Operation& node) const { return format_operation(margin, node); }
  Doc operator()(const Path& node) const { return text(tick(node)); }
  Doc operator()(const Regex& node) const { return text("re`" + node.pattern + "`"); }
  Doc operator()(const Text& node) const { return text(quote(node.text)); }
  Doc operator()(const Number& node) const { return text(node.text); }
  Doc operator()(const Quantity& node) const { return text(node.number + node.unit); }
};

}  // namespace

Doc format_value(Margin& margin, const Value& value) {
  return std::visit(ValueFormatter{margin, value.span}, value.node);
}

Doc format_arguments(Margin& margin, const std::vector<Argument>& arguments) {
  std::vector<Doc> items;
  for (const Argument& argument : arguments) {
    Doc value = format_value(margin, argument.value[0]);
    if (!argument.name) {
      items.push_back(std::move(value));
    } else {
      items.push_back(concat({text(argument.name->text + " = "), std::move(value)}));
    }
  }
  return concat({text("("), fill(std::move(items)), text(")")});
}

Doc format_call(Margin& margin, const Call& call) {
  if (!call.called) return text(call.name.text);
  return concat({text(call.name.text), format_arguments(margin, call.arguments)});
}

Doc format_comparison(const Comparison& comparison) {
  return text(fmt::format("{} {} {}", arithmetic_text(comparison.sides[0], 1), comparison.comparator,
                          arithmetic_text(comparison.sides[1], 1)));
}

Doc format_stack(Margin& margin, const Stack& stack) {
  std::vector<Doc> parts = {format_call(margin, stack.calls[0])};
  for (size_t i = 1; i < stack.calls.size(); ++i) {
    parts.push_back(group(concat({line(), text("then "), format_call(margin, stack.calls[i])})));
  }
  return nest(kIndent, concat(std::move(parts)));
}

}  // namespace lcr::syntax
