#include "compiler/server/json.h"

namespace lcr::server {

const Json& member(const Json& object, std::string_view key) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

const Json& member(const Json& object, std::initializer_list<std::string_view> keys) {
  const Json* at = &object;
  for (std::string_view key : keys) at = &member(*at, key);
  return *at;
}

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

std::optional<int64_t> whole_of(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  return value.get<int64_t>();
}

bool is_true(const Json& value) { return value.is_boolean() && value.get<bool>(); }

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace lcr::server
