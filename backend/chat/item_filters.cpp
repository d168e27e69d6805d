#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "backend/chat/filters.h"
#include "backend/chat/text.h"
#include "backend/chat/write.h"

namespace lcr::chat {
namespace {

using Given = const Arguments&;

Value fallback(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("default", given, {"default_value", "boolean"});
  bool missing = input.is_undefined() || (values[1].truth() && !input.truth());
  if (!missing) return input;
  return values[0].is_undefined() && given.values.empty() && given.named.empty() ? Value::text("") : values[0];
}

Value length(Interpreter& interpreter, const Value& input, Given) {
  if (input.is_undefined()) return Value(int64_t{0});
  if (const Text* text = input.as_text()) return Value(code_points(text->bytes));
  if (const Sequence* sequence = input.as_sequence()) return Value(static_cast<int64_t>(sequence->items.size()));
  if (const Dict* dict = input.as_dict()) return Value(static_cast<int64_t>(dict->entries.size()));
  return interpreter.fail(fmt::format("a {} has no length", input.type_name()));
}

Value first(Interpreter& interpreter, const Value& input, Given) {
  if (auto* iterator = input.get<std::shared_ptr<Iterator>>()) {
    Iterator& items = **iterator;
    return items.at < items.items.size() ? items.items[items.at++] : Value::undefined("the first item");
  }
  std::vector<Value> items = interpreter.items_of(input);
  return items.empty() ? Value::undefined("the first item") : items.front();
}

Value last(Interpreter& interpreter, const Value& input, Given) {
  if (input.get<std::shared_ptr<Iterator>>()) return interpreter.fail("an iterator has no last item, put `| list` before");
  std::vector<Value> items = interpreter.items_of(input);
  return items.empty() ? Value::undefined("the last item") : items.back();
}

// An item's attribute like "a.b.0"; the item itself without one.
Value member(Interpreter& interpreter, const Value& item, const Value& path) {
  if (path.is_undefined() || path.is_none()) return item;
  if (!path.as_text()) return interpreter.item(item, path);
  Value value = item;
  std::string_view rest = path.as_text()->bytes;
  while (!interpreter.failed()) {
    std::string_view part = rest.substr(0, rest.find('.'));
    bool number = !part.empty() && part.size() < 10 && std::all_of(part.begin(), part.end(), [](char byte) { return byte >= '0' && byte <= '9'; });
    value = interpreter.item(value, number ? Value(int64_t{std::stoll(std::string(part))}) : Value::text(std::string(part)));
    if (part.size() == rest.size()) break;
    rest.remove_prefix(part.size() + 1);
  }
  return value;
}

Value join(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("join", given, {"d", "attribute"});
  std::string between = interpreter.write(values[0]), text;
  bool later = false;
  for (const Value& item : interpreter.items_of(input)) {
    std::string part = interpreter.write(member(interpreter, item, values[1]));
    if (!interpreter.charge(0, static_cast<int64_t>(between.size()))) return {};
    text += (later ? between : std::string()) + part;
    later = true;
  }
  return interpreter.make_text(std::move(text));
}

Value list(Interpreter& interpreter, const Value& input, Given) { return interpreter.make_list(interpreter.items_of(input)); }

std::vector<Value> pairs_of(Interpreter& interpreter, const Dict& dict) {
  std::vector<Value> pairs;
  for (const auto& [key, value] : dict.entries) pairs.push_back(interpreter.make_list({key, value}, true));
  return pairs;
}

Value items(Interpreter& interpreter, const Value& input, Given) {
  if (input.is_undefined()) return Value::iterator({});
  if (!input.as_dict()) return interpreter.fail(fmt::format("a {} is no dict", input.type_name()));
  return Value::iterator(pairs_of(interpreter, *input.as_dict()));
}

// Texts without regard to case unless they are to be told apart.
Value sort_key(const Value& value, bool with_case) {
  const Text* text = value.as_text();
  return text && !with_case ? Value::text(change_case(text->bytes, Case::Lower)) : value;
}

// Stable, by keys that have an order.
Value sort_by(Interpreter& interpreter, std::vector<Value> values, const std::vector<Value>& keys, bool reverse) {
  std::vector<size_t> places(values.size());
  for (size_t i = 0; i < places.size(); ++i) {
    int order = 0;
    places[i] = i;
    if (i > 0 && !compare(keys[i - 1], keys[i], order)) return interpreter.fail("the items to sort have no order");
  }
  std::stable_sort(places.begin(), places.end(), [&](size_t left, size_t right) {
    int order = 0;
    compare(keys[left], keys[right], order);
    return reverse ? order > 0 : order < 0;
  });
  std::vector<Value> sorted;
  for (size_t place : places) sorted.push_back(values[place]);
  return interpreter.make_list(std::move(sorted));
}

Value sort(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("sort", given, {"reverse", "case_sensitive", "attribute"});
  std::vector<Value> found = interpreter.items_of(input), keys;
  for (const Value& item : found) keys.push_back(sort_key(member(interpreter, item, values[2]), values[1].truth()));
  return sort_by(interpreter, std::move(found), keys, values[0].truth());
}

Value dictsort(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("dictsort", given, {"case_sensitive", "by", "reverse"});
  if (!input.as_dict()) return interpreter.fail(fmt::format("a {} is no dict", input.type_name()));
  bool by_value = values[1].as_text() && values[1].as_text()->bytes == "value";
  std::vector<Value> keys;
  for (const auto& [key, value] : input.as_dict()->entries) keys.push_back(sort_key(by_value ? value : key, values[0].truth()));
  return sort_by(interpreter, pairs_of(interpreter, *input.as_dict()), keys, values[2].truth());
}

Value unique(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("unique", given, {"case_sensitive", "attribute"});
  std::vector<Value> kept;
  Dict seen;
  for (const Value& item : interpreter.items_of(input)) {
    Value key = sort_key(member(interpreter, item, values[1]), values[0].truth());
    if (seen.find(key)) continue;
    if (!seen.set(key, Value(true))) return interpreter.fail(fmt::format("a {} cannot be told from others by `unique`", key.type_name()));
    kept.push_back(item);
  }
  return Value::iterator(std::move(kept));
}

Value reverse(Interpreter& interpreter, const Value& input, Given) {
  std::vector<Value> found = interpreter.items_of(input);
  std::reverse(found.begin(), found.end());
  if (!input.as_text()) return Value::iterator(std::move(found));
  std::string text;
  for (const Value& item : found) text += item.as_text()->bytes;
  return interpreter.make_text(std::move(text));
}

Value sum(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("sum", given, {"attribute", "start"});
  Value total = values[1].is_undefined() ? Value(int64_t{0}) : values[1];
  for (const Value& item : interpreter.items_of(input)) total = interpreter.arithmetic("+", total, member(interpreter, item, values[0]));
  return total;
}

template <int sign>
Value extreme(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("min and max", given, {"case_sensitive", "attribute"});
  Value best = Value::undefined("the least or greatest item"), best_key;
  bool any = false;
  for (const Value& item : interpreter.items_of(input)) {
    Value key = sort_key(member(interpreter, item, values[1]), values[0].truth());
    int order = 0;
    if (any && !compare(key, best_key, order)) return interpreter.fail("the items have no order");
    if (any && order * sign <= 0) continue;
    best = item;
    best_key = key;
    any = true;
  }
  return best;
}

Value round(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> values = interpreter.bind("round", given, {"precision", "method"});
  int64_t storage = 0;
  const int64_t* digits = values[0].as_integer(storage);
  std::string method = values[1].as_text() ? values[1].as_text()->bytes : "common";
  if (!input.is_number() || (digits && (*digits < 0 || *digits > 15))) return interpreter.fail("`round` takes a number and up to 15 digits here");
  double number = input.as_double(), scale = std::pow(10.0, digits ? static_cast<double>(*digits) : 0.0);
  if (method == "ceil") return Value(std::ceil(number * scale) / scale);
  if (method == "floor") return Value(std::floor(number * scale) / scale);
  // The decimal text rounds the exact value, half to even.
  return Value(std::stod(fmt::format("{:.{}f}", number, digits ? *digits : 0)));
}

constexpr Filter filters[] = {{"default", fallback}, {"d", fallback}, {"length", length}, {"count", length}, {"first", first}, {"last", last},
                              {"join", join}, {"list", list}, {"items", items}, {"sort", sort}, {"dictsort", dictsort}, {"unique", unique},
                              {"reverse", reverse}, {"sum", sum}, {"min", extreme<-1>}, {"max", extreme<1>}, {"round", round}};

// map(attribute = …) or map("filter", …).
Value map(Interpreter& interpreter, const Value& input, Given given) {
  std::vector<Value> results;
  const Text* name = given.values.empty() ? nullptr : given.values[0].as_text();
  Value attribute, otherwise;
  Arguments rest{{given.values.begin() + (given.values.empty() ? 0 : 1), given.values.end()}, {}};
  for (const auto& [word, value] : given.named) {
    if (name) rest.named.emplace_back(word, value);
    else if (word == "attribute") attribute = value;
    else if (word == "default") otherwise = value;
    else return interpreter.fail(fmt::format("`map` takes no argument `{}`", word));
  }
  if (!name && attribute.is_undefined()) return interpreter.fail("`map` takes a filter or an attribute");
  for (const Value& item : interpreter.items_of(input)) {
    if (interpreter.failed()) return {};
    Value result = name ? interpreter.apply_filter(name->bytes, item, rest) : member(interpreter, item, attribute);
    results.push_back(result.is_undefined() && !name && !otherwise.is_undefined() ? otherwise : std::move(result));
  }
  return Value::iterator(std::move(results));
}

// select and reject by a test of the items, selectattr and rejectattr by one of an attribute; without a test by truth.
template <bool keeps, bool by_attribute>
Value choose(Interpreter& interpreter, const Value& input, Given given) {
  size_t skipped = by_attribute ? 1 : 0;
  if (given.values.size() < skipped) return interpreter.fail("`selectattr` and `rejectattr` take an attribute");
  const Text* test = given.values.size() > skipped ? given.values[skipped].as_text() : nullptr;
  size_t used = std::min(given.values.size(), skipped + 1);
  Arguments rest{{given.values.begin() + static_cast<ptrdiff_t>(used), given.values.end()}, given.named};
  std::vector<Value> kept;
  for (const Value& item : interpreter.items_of(input)) {
    Value value = by_attribute ? member(interpreter, item, given.values[0]) : item;
    if (interpreter.failed()) return {};
    bool good = test ? interpreter.apply_test(test->bytes, value, rest) : value.truth();
    if (good == keeps) kept.push_back(item);
  }
  return Value::iterator(std::move(kept));
}

constexpr Filter choosers[] = {{"map", map}, {"select", choose<true, false>}, {"reject", choose<false, false>},
                               {"selectattr", choose<true, true>}, {"rejectattr", choose<false, true>}};

}  // namespace

std::span<const Filter> item_filters() { return filters; }
std::span<const Filter> selecting_filters() { return choosers; }

}  // namespace lcr::chat
