#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "backend/chat/interpreter.h"
#include "backend/chat/parser.h"
#include "backend/chat/text.h"

namespace lcr::chat {
namespace {

using Given = const Arguments&;

// The test of one value against one argument.
const Value& other(Given given) {
  static const Value nothing;
  return given.values.empty() ? nothing : given.values[0];
}

template <int... orders>
bool has_order(Interpreter& interpreter, const Value& value, Given given) {
  int order = 0;
  if (!compare(value, other(given), order)) interpreter.fail(fmt::format("{} and {} have no order", value.type_name(), other(given).type_name()));
  int sign = order < 0 ? -1 : order > 0;
  return ((sign == orders) || ...);
}

// The remainder by a number; -1 when there is none.
int64_t remainder(const Value& value, const Value& by) {
  int64_t a = 0, b = 0;
  const int64_t* number = value.as_integer(a);
  const int64_t* divisor = by.as_integer(b);
  if (!number || !divisor || *divisor == 0) return -1;
  return *divisor == -1 ? 0 : *number % *divisor != 0;
}

template <Case to>
bool has_case(Interpreter& interpreter, const Value& value, Given) {
  std::string text = interpreter.write(value);
  constexpr Case from = to == Case::Upper ? Case::Lower : Case::Upper;
  return change_case(text, to) == text && change_case(text, from) != text;
}

bool is_iterable(const Value& value) {
  return value.is_undefined() || value.as_text() || value.as_sequence() || value.as_dict() || value.get<std::shared_ptr<Iterator>>();
}

bool is_sequence(const Value& value) { return value.is_undefined() || value.as_text() || value.as_sequence() || value.as_dict(); }

bool same(Interpreter&, const Value& value, Given given) { return equal(value, other(given)); }
bool different(Interpreter&, const Value& value, Given given) { return !equal(value, other(given)); }

struct Test {
  std::string_view name;
  bool (*holds)(Interpreter&, const Value&, Given);
};

constexpr Test tests[] = {
    {"defined", [](Interpreter&, const Value& value, Given) { return !value.is_undefined(); }},
    {"undefined", [](Interpreter&, const Value& value, Given) { return value.is_undefined(); }},
    {"none", [](Interpreter&, const Value& value, Given) { return value.is_none(); }},
    {"string", [](Interpreter&, const Value& value, Given) { return value.as_text() != nullptr; }},
    {"mapping", [](Interpreter&, const Value& value, Given) { return value.as_dict() != nullptr; }},
    {"iterable", [](Interpreter&, const Value& value, Given) { return is_iterable(value); }},
    {"sequence", [](Interpreter&, const Value& value, Given) { return is_sequence(value); }},
    {"number", [](Interpreter&, const Value& value, Given) { return value.is_number(); }},
    {"integer", [](Interpreter&, const Value& value, Given) { return value.get<int64_t>() != nullptr; }},
    {"float", [](Interpreter&, const Value& value, Given) { return value.get<double>() != nullptr; }},
    {"boolean", [](Interpreter&, const Value& value, Given) { return value.get<bool>() != nullptr; }},
    {"true", [](Interpreter&, const Value& value, Given) { return value.get<bool>() && *value.get<bool>(); }},
    {"false", [](Interpreter&, const Value& value, Given) { return value.get<bool>() && !*value.get<bool>(); }},
    {"callable", [](Interpreter&, const Value& value, Given) { return value.get<Macro>() || value.get<Method>(); }},
    {"odd", [](Interpreter&, const Value& value, Given) { return remainder(value, Value(int64_t{2})) == 1; }},
    {"even", [](Interpreter&, const Value& value, Given) { return remainder(value, Value(int64_t{2})) == 0; }},
    {"divisibleby", [](Interpreter&, const Value& value, Given given) { return remainder(value, other(given)) == 0; }},
    {"in", [](Interpreter& interpreter, const Value& value, Given given) { return interpreter.contains(other(given), value); }},
    {"lower", has_case<Case::Lower>}, {"upper", has_case<Case::Upper>},
    {"eq", same}, {"equalto", same}, {"==", same}, {"ne", different}, {"!=", different},
    {"lt", has_order<-1>}, {"lessthan", has_order<-1>}, {"<", has_order<-1>}, {"le", has_order<-1, 0>}, {"<=", has_order<-1, 0>},
    {"gt", has_order<1>}, {"greaterthan", has_order<1>}, {">", has_order<1>}, {"ge", has_order<0, 1>}, {">=", has_order<0, 1>}};

const Test* find_test(std::string_view name) {
  auto found = std::find_if(std::begin(tests), std::end(tests), [&](const Test& each) { return each.name == name; });
  return found == std::end(tests) ? nullptr : found;
}

}  // namespace

bool knows_test(std::string_view name) { return find_test(name) != nullptr; }

bool Interpreter::apply_test(const std::string& name, const Value& input, const Arguments& arguments) {
  const Test* test = find_test(name);
  if (!test) fail(fmt::format("there is no test `{}` here", name));
  else if (!arguments.named.empty()) fail(fmt::format("the test `{}` takes no argument with a name", name));
  return test && !failed_ && test->holds(*this, input, arguments);
}

}  // namespace lcr::chat
