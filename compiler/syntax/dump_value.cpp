#include <fmt/core.h>

#include "compiler/syntax/dump_parts.h"

namespace lcr::syntax {

std::string form(std::string_view head, const std::vector<std::string>& parts) {
  std::string result = "(" + std::string(head);
  for (const std::string& part : parts) {
    if (!part.empty()) result += " " + part;
  }
  return result + ")";
}

std::string escaped(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return result + "\"";
}

std::string dump(const Name& name) { return name.text; }
std::string dump(const Path& path) { return "`" + path.text + "`"; }
std::string dump(const Text& text) { return escaped(text.text); }

std::string dump(const Argument& argument) {
  std::string value = dump(argument.value[0]);
  return argument.name ? form("=", {argument.name->text, value}) : value;
}

std::string dump(const Call& call) {
  if (!call.called) return call.name.text;
  return form("call", {call.name.text, dump_list("with", call.arguments)});
}

std::string dump(const Range& range) {
  if (range.single) return fmt::format("{}", range.first);
  return fmt::format("(range {} {} {})", range.first, range.last, range.step);
}

namespace {

std::string dump_arithmetic(const Arithmetic& arithmetic) {
  if (arithmetic.kind != Arithmetic::Kind::Binary) return arithmetic.text;
  return form(arithmetic.text, {dump_arithmetic(arithmetic.operands[0]), dump_arithmetic(arithmetic.operands[1])});
}

struct ValueDump {
  std::string operator()(const Call& call) const { return dump(call); }
  std::string operator()(const List& list) const { return form("list", dump_all(list.items)); }
  std::string operator()(const Optional& node) const { return form("optional", {dump(node.operand[0])}); }
  std::string operator()(const Group& node) const { return form("group", {dump(node.operand[0])}); }
  std::string operator()(const Layers& node) const { return form("layers", dump_all(node.ranges)); }
  std::string operator()(const Where& node) const { return form("where", {dump(node.comparison)}); }
  std::string operator()(const Operation& node) const {
    return form("set", {form("operators", dump_all(node.operators)), form("operands", dump_all(node.operands))});
  }
  std::string operator()(const Path& node) const { return dump(node); }
  std::string operator()(const Regex& node) const { return "re`" + node.pattern + "`"; }
  std::string operator()(const Text& node) const { return dump(node); }
  std::string operator()(const Number& node) const { return node.text; }
  std::string operator()(const Quantity& node) const { return node.number + node.unit; }
};

}  // namespace

std::string dump(const Comparison& comparison) {
  return form(comparison.comparator, {dump_arithmetic(comparison.sides[0]), dump_arithmetic(comparison.sides[1])});
}

std::string dump(const Value& value) { return std::visit(ValueDump{}, value.node); }

std::string dump(const Stack& stack) { return form("stack", dump_all(stack.calls)); }

std::string dump(const Field& field) {
  return form(field.relation, {field.name.text, dump(field.value), dump_if("over", field.over)});
}

std::string dump(const Fields& fields) { return form("fields", dump_all(fields.fields)); }

}  // namespace lcr::syntax
