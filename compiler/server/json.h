#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

// Reading messages of clients, which may hold anything: what is absent or of another type reads as nothing.
namespace lcr::server {

using Json = nlohmann::json;

// A member of an object; null when there is none.
const Json& member(const Json& object, std::string_view key);
// `member` all the way down.
const Json& member(const Json& object, std::initializer_list<std::string_view> keys);
// Empty for everything but texts.
std::string text_of(const Json& value);
std::optional<int64_t> whole_of(const Json& value);
bool is_true(const Json& value);

// One line of UTF-8; bytes that are no UTF-8 are replaced.
std::string dump(const Json& value);

}  // namespace lcr::server
