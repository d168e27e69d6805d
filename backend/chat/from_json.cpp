#include "backend/chat/from_json.h"

#include <fmt/format.h>

#include "backend/chat/limits.h"

namespace lcr::chat {
namespace {

bool convert(simdjson::dom::element element, Value& value, uint32_t depth, std::string& problem) {
  using Type = simdjson::dom::element_type;
  if (depth > kDeepestValue) {
    problem = fmt::format("it is nested more than {} deep", kDeepestValue);
    return false;
  }
  switch (element.type()) {
    case Type::ARRAY: {
      std::vector<Value> items;
      for (simdjson::dom::element each : simdjson::dom::array(element)) {
        items.emplace_back();
        if (!convert(each, items.back(), depth + 1, problem)) return false;
      }
      value = Value::list(std::move(items));
      return true;
    }
    case Type::OBJECT: {
      Dict dict;
      for (auto [key, each] : simdjson::dom::object(element)) {
        Value member;
        if (!convert(each, member, depth + 1, problem)) return false;
        dict.set(Value::text(std::string(key)), std::move(member));
      }
      value = Value::dict(std::move(dict));
      return true;
    }
    case Type::INT64: value = Value(int64_t(element)); return true;
    case Type::UINT64: problem = "a whole number has more than 63 bits"; return false;
    case Type::DOUBLE: value = Value(double(element)); return true;
    case Type::STRING: value = Value::text(std::string(std::string_view(element))); return true;
    case Type::BOOL: value = Value(bool(element)); return true;
    case Type::NULL_VALUE: value = Value(None{}); return true;
  }
  return false;
}

}  // namespace

bool value_of(simdjson::dom::element element, Value& value, std::string& problem) { return convert(element, value, 1, problem); }

}  // namespace lcr::chat
