#include "backend/data/tokenizer_part.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/evaluate.h"

namespace lcr {
namespace {

// A file can hold a million wrong entries; this many are enough to see what is the matter.
constexpr size_t kMostReports = 20;

}  // namespace

std::optional<simdjson::dom::element> value_of(const simdjson::dom::object& object, std::string_view key) {
  simdjson::dom::element value;
  if (object.at_key(key).get(value) || value.is_null()) return std::nullopt;
  return value;
}

Diagnostic& PartReader::report(Code code, std::string_view place, std::string_view what) {
  failed_ = true;
  static thread_local Diagnostic surplus;
  if (diagnostics_.size() >= kMostReports) return surplus = Diagnostic();
  std::string message = fmt::format("`{}`: {}", file_, what);
  if (!place.empty()) message = fmt::format("`{}`: `{}` {}", file_, place, what);
  return diagnostics_.report(code, std::move(message)).with("file", file_).with("place", std::string(place));
}

void PartReader::broken(std::string_view place, std::string_view what) { report(codes::L8001, place, what); }

void PartReader::unknown(std::string_view place, std::string_view what) {
  report(codes::L8002, place, what)
      .help("tokenize the data elsewhere and give rows with `input_ids` (`tokens(...)` in a recipe): they need no tokenizer");
}

std::optional<TokenizerPart> PartReader::part(simdjson::dom::element value, std::string place, std::string_view fallback) {
  TokenizerPart part{{}, std::move(place), std::string(fallback)};
  if (value.get(part.object)) {
    broken(part.place, "is not an object");
    return std::nullopt;
  }
  if (fallback.empty() || value_of(part.object, "type")) part.type = text(part, "type");
  if (part.type.empty()) return std::nullopt;
  return part;
}

void PartReader::only(const TokenizerPart& part, std::initializer_list<std::string_view> keys) {
  for (auto field : part.object) {
    if (field.key == "type" || std::find(keys.begin(), keys.end(), field.key) != keys.end()) continue;
    unknown(part.place, fmt::format("has `{}`, which is not known of `{}`", field.key, part.type));
  }
}

bool PartReader::flag(const TokenizerPart& part, std::string_view key, bool fallback) {
  auto value = value_of(part.object, key);
  bool result = fallback;
  if (value && value->get(result)) broken(part.place, fmt::format("has a `{}` that is neither true nor false", key));
  return result;
}

std::string PartReader::text(const TokenizerPart& part, std::string_view key, std::string_view fallback) {
  auto value = value_of(part.object, key);
  std::string_view result = fallback;
  if (value && value->get(result)) broken(part.place, fmt::format("has a `{}` that is no string", key));
  return std::string(result);
}

std::string PartReader::text(const TokenizerPart& part, std::string_view key) {
  if (!value_of(part.object, key)) broken(part.place, fmt::format("has no `{}`", key));
  return text(part, key, {});
}

std::optional<simdjson::dom::array> PartReader::array(const TokenizerPart& part, std::string_view key) {
  auto value = value_of(part.object, key);
  simdjson::dom::array result;
  if (!value) {
    broken(part.place, fmt::format("has no `{}`", key));
    return std::nullopt;
  }
  if (value->get(result)) {
    broken(part.place, fmt::format("has a `{}` that is no list", key));
    return std::nullopt;
  }
  return result;
}

int32_t PartReader::id(simdjson::dom::element value, std::string_view place) {
  uint64_t id = 0;
  if (value.get(id) || id > INT32_MAX) {
    broken(place, "is not an id in 0..2147483647");
    return -1;
  }
  return static_cast<int32_t>(id);
}

}  // namespace lcr
