#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lcr {

// A value of a JSON text, read once and kept: config.json is small and is looked at many times.
struct Json {
  enum class Kind : uint8_t { Null, Bool, Integer, Real, Text, List, Object };
  Kind kind = Kind::Null;
  bool truth = false;
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<Json> items;                            // of a list
  std::vector<std::pair<std::string, Json>> members;  // of an object, in order

  // Said here, because the pair above asks for it before the class is complete.
  Json() {}

  // The member of an object; null when there is none or this is no object.
  const Json* find(std::string_view name) const;
  // The text of a member; empty when it is absent or no text.
  std::string_view text_of(std::string_view name) const;
};

std::optional<Json> parse_json(std::string_view text);

}  // namespace lcr
