#include "backend/chat/methods.h"

#include <algorithm>

#include <fmt/format.h>

namespace lcr::chat {
namespace {

template <size_t N>
bool is_one_of(std::string_view name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// All of Python, so that a key of that name is found as Python finds it.
constexpr std::string_view dict_methods[] = {"clear", "copy", "fromkeys", "get", "items", "keys",
                                             "pop", "popitem", "setdefault", "update", "values"};
constexpr std::string_view list_methods[] = {"append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"};
constexpr std::string_view loop_methods[] = {"changed", "cycle"};

Value forbidden(Interpreter& interpreter, const Value& self, const std::string& name) {
  return interpreter.fail(fmt::format("the method `{}` of a {} is not known here, or forbidden in a template", name, self.type_name()));
}

Value call_dict_method(Interpreter& interpreter, const Value& self, const std::string& name, const Arguments& given) {
  const Dict& dict = *self.as_dict();
  if (name == "get") {
    if (given.values.empty() || given.values.size() > 2 || !given.named.empty()) return interpreter.fail("`get` takes a key and a default");
    const Value* found = dict.find(given.values[0]);
    return found ? *found : given.values.size() == 2 ? given.values[1] : Value(None{});
  }
  if (name == "copy") return self;
  std::vector<Value> items;
  for (const auto& [key, value] : dict.entries) {
    if (name == "keys") items.push_back(key);
    else if (name == "values") items.push_back(value);
    else if (name == "items") items.push_back(interpreter.make_list({key, value}, true));
    else return forbidden(interpreter, self, name);
  }
  return interpreter.make_list(std::move(items));
}

Value call_list_method(Interpreter& interpreter, const Value& self, const std::string& name, const Arguments& given) {
  const std::vector<Value>& items = self.as_sequence()->items;
  if (name == "copy") return self;
  if (name != "count" && name != "index") return forbidden(interpreter, self, name);
  if (given.values.size() != 1) return interpreter.fail(fmt::format("`{}` takes one value here", name));
  auto same = [&](const Value& item) { return equal(item, given.values[0]); };
  if (!interpreter.charge(static_cast<int64_t>(items.size()))) return {};
  if (name == "count") return Value(static_cast<int64_t>(std::count_if(items.begin(), items.end(), same)));
  auto place = std::find_if(items.begin(), items.end(), same);
  return place == items.end() ? interpreter.fail("the value is not in the list") : Value(static_cast<int64_t>(place - items.begin()));
}

Value call_loop_method(Interpreter& interpreter, const Loop& loop, const std::string& name, const Arguments& given) {
  if (name == "cycle") {
    if (given.values.empty()) return interpreter.fail("`cycle` takes values");
    return given.values[loop.at % given.values.size()];
  }
  Value now = interpreter.make_list(given.values, true);
  bool changed = !equal(*loop.last_changed, now);
  *loop.last_changed = std::move(now);
  return Value(changed);
}

}  // namespace

bool has_method(const Value& value, std::string_view name) {
  if (value.as_dict()) return is_one_of(name, dict_methods);
  if (value.as_text()) return is_text_method(name);
  if (const Sequence* sequence = value.as_sequence()) return sequence->tuple ? name == "count" || name == "index" : is_one_of(name, list_methods);
  return value.get<std::shared_ptr<Loop>>() && is_one_of(name, loop_methods);
}

Value call_method(Interpreter& interpreter, const Value& self, const std::string& name, const Arguments& arguments) {
  if (const Text* text = self.as_text()) return call_text_method(interpreter, *text, name, arguments);
  if (self.as_dict()) return call_dict_method(interpreter, self, name, arguments);
  if (self.as_sequence()) return call_list_method(interpreter, self, name, arguments);
  if (auto* loop = self.get<std::shared_ptr<Loop>>()) return call_loop_method(interpreter, **loop, name, arguments);
  return forbidden(interpreter, self, name);
}

}  // namespace lcr::chat
