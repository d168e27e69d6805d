#include "compiler/model/json.h"

#include <simdjson.h>

namespace lcr {
namespace {

namespace dom = simdjson::dom;

Json copy(dom::element element) {
  Json json;
  switch (element.type()) {
    case dom::element_type::ARRAY:
      json.kind = Json::Kind::List;
      for (dom::element item : dom::array(element)) json.items.push_back(copy(item));
      break;
    case dom::element_type::OBJECT:
      json.kind = Json::Kind::Object;
      for (auto [name, value] : dom::object(element)) json.members.emplace_back(name, copy(value));
      break;
    case dom::element_type::INT64:
      json.kind = Json::Kind::Integer;
      json.integer = element;
      break;
    case dom::element_type::UINT64:
      json.kind = Json::Kind::Real;
      json.real = static_cast<double>(uint64_t(element));
      break;
    case dom::element_type::DOUBLE:
      json.kind = Json::Kind::Real;
      json.real = element;
      break;
    case dom::element_type::STRING:
      json.kind = Json::Kind::Text;
      json.text = std::string_view(element);
      break;
    case dom::element_type::BOOL:
      json.kind = Json::Kind::Bool;
      json.truth = element;
      break;
    case dom::element_type::NULL_VALUE:
      break;
  }
  return json;
}

}  // namespace

const Json* Json::find(std::string_view name) const {
  for (const auto& [key, value] : members)
    if (key == name) return &value;
  return nullptr;
}

std::string_view Json::text_of(std::string_view name) const {
  const Json* member = find(name);
  return member && member->kind == Kind::Text ? std::string_view(member->text) : std::string_view();
}

std::optional<Json> parse_json(std::string_view text) {
  dom::parser parser;
  dom::element root;
  if (parser.parse(text.data(), text.size()).get(root)) return std::nullopt;
  return copy(root);
}

}  // namespace lcr
