#include <algorithm>
#include <ctime>
#include <iterator>

#include <fmt/format.h>

#include "backend/chat/interpreter.h"
#include "backend/chat/limits.h"

namespace lcr::chat {
namespace {

using Given = const Arguments&;

struct Function {
  std::string_view name;
  Value (*call)(Interpreter&, Given);
};

Value call_range(Interpreter& interpreter, Given given) {
  int64_t bounds[3] = {0, 0, 1};
  if (given.values.empty() || given.values.size() > 3 || !given.named.empty()) return interpreter.fail("`range` takes 1 to 3 numbers");
  for (size_t i = 0; i < given.values.size(); ++i) {
    int64_t storage = 0;
    const int64_t* number = given.values[i].as_integer(storage);
    if (!number) return interpreter.fail(fmt::format("`range` takes whole numbers, not a {}", given.values[i].type_name()));
    bounds[i] = *number;
  }
  if (given.values.size() == 1) std::swap(bounds[0], bounds[1]);
  if (bounds[2] == 0) return interpreter.fail("`range` has a step of 0");
  std::vector<Value> items;
  for (int64_t at = bounds[0]; bounds[2] > 0 ? at < bounds[1] : at > bounds[1];) {
    if (static_cast<int64_t>(items.size()) == kLongestRange) return interpreter.fail(fmt::format("`range` has more than {} numbers", kLongestRange));
    items.push_back(Value(at));
    if (__builtin_add_overflow(at, bounds[2], &at)) break;
  }
  return interpreter.make_list(std::move(items));
}

Value call_dict(Interpreter& interpreter, Given given) {
  Dict dict;
  if (given.values.size() > 1 || (given.values.size() == 1 && !given.values[0].as_dict()))
    return interpreter.fail("`dict` takes a dict and values with names here");
  if (given.values.size() == 1) dict = *given.values[0].as_dict();
  for (const auto& [name, value] : given.named) dict.set(Value::text(name), value);
  return Value::dict(std::move(dict));
}

Value call_namespace(Interpreter& interpreter, Given given) {
  auto names = interpreter.make_namespace();
  if (given.values.size() > 1 || (given.values.size() == 1 && !given.values[0].as_dict()))
    return interpreter.fail("`namespace` takes a dict and values with names here");
  if (given.values.size() == 1)
    for (const auto& [key, value] : given.values[0].as_dict()->entries)
      if (key.as_text()) names->members.emplace_back(key.as_text()->bytes, value);
  for (const auto& [name, value] : given.named) names->members.emplace_back(name, value);
  return names;
}

Value call_raise_exception(Interpreter& interpreter, Given given) {
  std::vector<Value> values = interpreter.bind("raise_exception", given, {"message"});
  interpreter.refuse(interpreter.write(values[0]));
  return {};
}

// The same day on every day, since the tokens of a recipe do not depend on the clock: the one that templates fall back
// to where they have no clock.
Value call_strftime_now(Interpreter& interpreter, Given given) {
  std::vector<Value> values = interpreter.bind("strftime_now", given, {"format"});
  const Text* format = values[0].as_text();
  if (!format) return interpreter.fail("`strftime_now` takes a text");
  std::tm day{};
  day.tm_year = 2024 - 1900;
  day.tm_mon = 6;
  day.tm_mday = 26;
  day.tm_wday = 5;
  day.tm_yday = 207;
  char buffer[256];
  size_t size = format->bytes.empty() ? 0 : std::strftime(buffer, sizeof(buffer), format->bytes.c_str(), &day);
  if (size == 0 && !format->bytes.empty()) return interpreter.fail("the date has more than 255 bytes");
  return interpreter.make_text(std::string(buffer, size));
}

constexpr Function functions[] = {{"range", call_range}, {"dict", call_dict}, {"namespace", call_namespace},
                                  {"raise_exception", call_raise_exception}, {"strftime_now", call_strftime_now}};

const Function* find_function(std::string_view name) {
  auto found = std::find_if(std::begin(functions), std::end(functions), [&](const Function& each) { return each.name == name; });
  return found == std::end(functions) ? nullptr : found;
}

}  // namespace

bool knows_function(std::string_view name) { return find_function(name) != nullptr; }

Value call_function(Interpreter& interpreter, const std::string& name, const Arguments& arguments) {
  const Function* function = find_function(name);
  return function ? function->call(interpreter, arguments) : interpreter.fail(fmt::format("there is no function `{}` here", name));
}

}  // namespace lcr::chat
