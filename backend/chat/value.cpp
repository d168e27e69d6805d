#include "backend/chat/value.h"

#include <algorithm>

#include <fmt/format.h>

namespace lcr::chat {
namespace {

// Equal keys have equal texts. Empty for what cannot be a key.
std::string key_text(const Value& key) {
  int64_t storage = 0;
  if (const Text* text = key.as_text()) return "t" + text->bytes;
  if (const int64_t* number = key.as_integer(storage)) return fmt::format("n{}", *number);
  if (const double* number = key.get<double>()) return fmt::format("n{}", *number);
  if (key.is_none()) return "none";
  const Sequence* tuple = key.as_sequence();
  if (!tuple || !tuple->tuple) return {};
  std::string text = "(";
  for (const Value& item : tuple->items) {
    std::string part = key_text(item);
    if (part.empty()) return {};
    text += fmt::format("{}:{}", part.size(), part);
  }
  return text;
}

}  // namespace

bool Dict::set(const Value& key, Value value) {
  std::string text = key_text(key);
  if (text.empty()) return false;
  depth = std::max({depth, value.depth() + 1, key.depth() + 1});
  auto [place, fresh] = places.emplace(std::move(text), entries.size());
  if (fresh) entries.emplace_back(key, std::move(value));
  else entries[place->second].second = std::move(value);
  return true;
}

const Value* Dict::find(const Value& key) const {
  auto place = places.find(key_text(key));
  return place == places.end() ? nullptr : &entries[place->second].second;
}

const Value* Dict::find(std::string_view key) const {
  auto place = places.find("t" + std::string(key));
  return place == places.end() ? nullptr : &entries[place->second].second;
}

Value Value::undefined(std::string_view name) { return Undefined{std::make_shared<const std::string>(name)}; }

Value Value::text(std::string bytes, bool safe) { return std::make_shared<const Text>(Text{std::move(bytes), safe}); }

Value Value::list(std::vector<Value> items, bool tuple) {
  Sequence sequence{std::move(items), tuple, 1};
  for (const Value& item : sequence.items) sequence.depth = std::max(sequence.depth, item.depth() + 1);
  return std::make_shared<const Sequence>(std::move(sequence));
}

Value Value::dict(Dict dict) { return std::make_shared<const Dict>(std::move(dict)); }

Value Value::iterator(std::vector<Value> items) { return std::make_shared<Iterator>(Iterator{std::move(items), 0}); }

Value Value::method(Value self, std::string_view name) {
  return Method{std::make_shared<Value>(std::move(self)), std::string(name)};
}

const Text* Value::as_text() const {
  auto* content = get<std::shared_ptr<const Text>>();
  return content ? content->get() : nullptr;
}

const Sequence* Value::as_sequence() const {
  auto* content = get<std::shared_ptr<const Sequence>>();
  return content ? content->get() : nullptr;
}

const Dict* Value::as_dict() const {
  auto* content = get<std::shared_ptr<const Dict>>();
  return content ? content->get() : nullptr;
}

Namespace* Value::as_namespace() const {
  auto* content = get<std::shared_ptr<Namespace>>();
  return content ? content->get() : nullptr;
}

const int64_t* Value::as_integer(int64_t& storage) const {
  if (const bool* flag = get<bool>()) {
    storage = *flag;
    return &storage;
  }
  return get<int64_t>();
}

double Value::as_double() const {
  int64_t storage = 0;
  if (const double* number = get<double>()) return *number;
  const int64_t* number = as_integer(storage);
  return number ? static_cast<double>(*number) : 0;
}

bool Value::truth() const {
  if (is_undefined() || is_none()) return false;
  if (is_number()) return as_double() != 0;
  if (const Text* text = as_text()) return !text->bytes.empty();
  if (const Sequence* sequence = as_sequence()) return !sequence->items.empty();
  if (const Dict* dict = as_dict()) return !dict->entries.empty();
  return true;
}

uint32_t Value::depth() const {
  if (const Sequence* sequence = as_sequence()) return sequence->depth;
  if (const Dict* dict = as_dict()) return dict->depth;
  auto* iterator = get<std::shared_ptr<Iterator>>();
  uint32_t depth = 0;
  if (iterator)
    for (const Value& item : (*iterator)->items) depth = std::max(depth, item.depth());
  if (const Method* method = get<Method>()) depth = method->self->depth();
  return depth + 1;
}

std::string_view Value::type_name() const {
  constexpr std::string_view names[] = {"undefined", "None", "bool", "int", "float", "str", "list",
                                        "dict", "namespace", "iterator", "loop", "macro", "function"};
  const Sequence* sequence = as_sequence();
  return sequence && sequence->tuple ? "tuple" : names[content_.index()];
}

bool equal(const Value& left, const Value& right) {
  if (left.is_number() && right.is_number()) {
    int64_t a = 0, b = 0;
    const int64_t* first = left.as_integer(a);
    const int64_t* second = right.as_integer(b);
    return first && second ? *first == *second : left.as_double() == right.as_double();
  }
  if (left.is_undefined() || left.is_none()) return left.is_undefined() == right.is_undefined() && left.is_none() == right.is_none();
  if (left.as_text() && right.as_text()) return left.as_text()->bytes == right.as_text()->bytes;
  const Sequence* list = left.as_sequence();
  const Sequence* other_list = right.as_sequence();
  if (list && other_list)
    return list->tuple == other_list->tuple &&
           std::equal(list->items.begin(), list->items.end(), other_list->items.begin(), other_list->items.end(), equal);
  const Dict* dict = left.as_dict();
  const Dict* other_dict = right.as_dict();
  if (dict && other_dict)
    return dict->entries.size() == other_dict->entries.size() &&
           std::all_of(dict->entries.begin(), dict->entries.end(), [&](const auto& entry) {
             const Value* value = other_dict->find(entry.first);
             return value && equal(entry.second, *value);
           });
  return left.as_namespace() && left.as_namespace() == right.as_namespace();
}

bool compare(const Value& left, const Value& right, int& order) {
  if (left.is_number() && right.is_number()) {
    int64_t a = 0, b = 0;
    const int64_t* first = left.as_integer(a);
    const int64_t* second = right.as_integer(b);
    if (first && second) order = *first < *second ? -1 : *first > *second;
    else order = left.as_double() < right.as_double() ? -1 : left.as_double() > right.as_double();
    return true;
  }
  if (left.as_text() && right.as_text()) {
    // Bytes of UTF-8 have the order of their code points.
    order = left.as_text()->bytes.compare(right.as_text()->bytes);
    return true;
  }
  const Sequence* list = left.as_sequence();
  const Sequence* other = right.as_sequence();
  if (!list || !other || list->tuple != other->tuple) return false;
  for (size_t i = 0; i < std::min(list->items.size(), other->items.size()); ++i)
    if (!equal(list->items[i], other->items[i])) return compare(list->items[i], other->items[i], order);
  order = list->items.size() < other->items.size() ? -1 : list->items.size() > other->items.size();
  return true;
}

}  // namespace lcr::chat
