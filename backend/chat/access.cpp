#include <algorithm>

#include <fmt/format.h>

#include "backend/chat/interpreter.h"
#include "backend/chat/text.h"

namespace lcr::chat {
namespace {

std::string_view name_of(const Value& value) {
  const Undefined* nothing = value.get<Undefined>();
  return nothing && nothing->name ? std::string_view(*nothing->name) : "a value";
}


int64_t clamp_index(int64_t index, int64_t size, int64_t lowest, int64_t highest) {
  return std::clamp(index < 0 ? index + size : index, lowest, highest);
}

}  // namespace

std::vector<Value> Interpreter::items_of(const Value& value) {
  std::vector<Value> items;
  if (const Sequence* sequence = value.as_sequence()) {
    items = sequence->items;
  } else if (const Dict* dict = value.as_dict()) {
    for (const auto& entry : dict->entries) items.push_back(entry.first);
  } else if (const Text* text = value.as_text()) {
    if (!charge(static_cast<int64_t>(text->bytes.size()))) return {};
    std::vector<size_t> offsets = code_point_offsets(text->bytes);
    for (size_t i = 0; i + 1 < offsets.size(); ++i) items.push_back(Value::text(text->bytes.substr(offsets[i], offsets[i + 1] - offsets[i])));
  } else if (auto* iterator = value.get<std::shared_ptr<Iterator>>()) {
    items.assign((*iterator)->items.begin() + static_cast<ptrdiff_t>((*iterator)->at), (*iterator)->items.end());
    (*iterator)->at = (*iterator)->items.size();
  } else if (!value.is_undefined()) {
    fail(fmt::format("a {} has no items to go through", value.type_name()));
  }
  charge(static_cast<int64_t>(items.size()));
  return items;
}

Value Interpreter::attribute(const Value& value, std::string_view name) {
  if (failed_) return {};
  if (value.is_undefined()) return fail(fmt::format("`{}` is undefined and has no `{}`", name_of(value), name));
  if (has_method(value, name)) return Value::method(value, name);
  if (auto* loop = value.get<std::shared_ptr<Loop>>()) return loop_member(*loop, name);
  if (const Namespace* names = value.as_namespace())
    for (const auto& [known, member] : names->members)
      if (known == name) return member;
  const Dict* dict = value.as_dict();
  const Value* found = dict ? dict->find(name) : nullptr;
  return found ? *found : Value::undefined(name);
}

Value Interpreter::item(const Value& value, const Value& index) {
  if (failed_) return {};
  if (value.is_undefined()) return fail(fmt::format("`{}` is undefined and has no items", name_of(value)));
  int64_t storage = 0;
  const int64_t* number = index.as_integer(storage);
  if (const Dict* dict = value.as_dict()) {
    if (const Value* found = dict->find(index)) return *found;
  } else if (const Sequence* sequence = value.as_sequence(); sequence && number) {
    int64_t size = static_cast<int64_t>(sequence->items.size());
    int64_t place = *number < 0 ? *number + size : *number;
    if (place >= 0 && place < size) return sequence->items[static_cast<size_t>(place)];
  } else if (const Text* text = value.as_text(); text && number) {
    if (!charge(static_cast<int64_t>(text->bytes.size() / 64 + 1))) return {};
    std::vector<size_t> offsets = code_point_offsets(text->bytes);
    int64_t size = static_cast<int64_t>(offsets.size()) - 1;
    int64_t place = *number < 0 ? *number + size : *number;
    if (place >= 0 && place < size) {
      size_t at = static_cast<size_t>(place);
      return make_text(text->bytes.substr(offsets[at], offsets[at + 1] - offsets[at]));
    }
  }
  const Text* name = index.as_text();
  if (name && !value.as_dict()) return attribute(value, name->bytes);
  if (name && has_method(value, name->bytes)) return Value::method(value, name->bytes);
  return Value::undefined(name ? std::string_view(name->bytes) : "an item");
}

Value Interpreter::slice(const Value& value, const Expression& node) {
  Value parts[3];
  for (size_t i = 0; i < 3; ++i) parts[i] = node.parts[i] ? evaluate(*node.parts[i]) : Value(None{});
  offset_ = node.offset;
  if (failed_) return {};
  if (value.is_undefined()) return fail(fmt::format("`{}` is undefined and has no items", name_of(value)));
  const Sequence* sequence = value.as_sequence();
  const Text* text = value.as_text();
  if (!sequence && !text) return Value::undefined("a slice");
  std::vector<size_t> offsets = text ? code_point_offsets(text->bytes) : std::vector<size_t>();
  int64_t size = text ? static_cast<int64_t>(offsets.size()) - 1 : static_cast<int64_t>(sequence->items.size());

  int64_t storage[3];
  const int64_t* numbers[3];
  for (size_t i = 0; i < 3; ++i) {
    numbers[i] = parts[i].as_integer(storage[i]);
    if (!numbers[i] && !parts[i].is_none()) return fail(fmt::format("a {} is no place of a slice", parts[i].type_name()));
  }
  int64_t step = numbers[2] ? *numbers[2] : 1;
  if (step == 0) return fail("a slice has a step of 0");
  int64_t lowest = step < 0 ? -1 : 0, highest = step < 0 ? size - 1 : size;
  int64_t begin = numbers[0] ? clamp_index(*numbers[0], size, lowest, highest) : (step < 0 ? highest : lowest);
  int64_t end = numbers[1] ? clamp_index(*numbers[1], size, lowest, highest) : (step < 0 ? lowest : highest);
  std::string bytes;
  std::vector<Value> items;
  // A step beyond the size takes one item, whatever it is.
  step = std::clamp<int64_t>(step, -size - 1, size + 1);
  for (int64_t at = begin; step > 0 ? at < end : at > end; at += step) {
    size_t place = static_cast<size_t>(at);
    if (text) bytes.append(text->bytes, offsets[place], offsets[place + 1] - offsets[place]);
    else items.push_back(sequence->items[place]);
  }
  return text ? make_text(std::move(bytes)) : make_list(std::move(items), sequence->tuple);
}

Value Interpreter::loop_member(const std::shared_ptr<Loop>& loop, std::string_view name) {
  int64_t at = static_cast<int64_t>(loop->at), size = static_cast<int64_t>(loop->items->items.size());
  if (name == "index") return Value(at + 1);
  if (name == "index0") return Value(at);
  if (name == "revindex") return Value(size - at);
  if (name == "revindex0") return Value(size - at - 1);
  if (name == "first") return Value(at == 0);
  if (name == "last") return Value(at + 1 == size);
  if (name == "length") return Value(size);
  // Of recursive loops only, which are not known here.
  if (name == "depth" || name == "depth0") return Value(int64_t{name == "depth"});
  if (name == "previtem") return at > 0 ? loop->items->items[loop->at - 1] : Value::undefined("previtem");
  if (name == "nextitem") return at + 1 < size ? loop->items->items[loop->at + 1] : Value::undefined("nextitem");
  return Value::undefined(name);
}

}  // namespace lcr::chat
