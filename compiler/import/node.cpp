#include "compiler/import/node.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace lcr::foreign {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

template <class Value>
std::optional<Value> whole(const Node& node) {
  if (node.kind != Node::Kind::Scalar) return std::nullopt;
  std::string_view text = node.text;
  if (text.starts_with('+')) text.remove_prefix(1);
  Value value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name.text == key) return &value;
  return nullptr;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::Null: return "nothing";
    case Node::Kind::List: return "a list";
    case Node::Kind::Map: return "a map";
    case Node::Kind::Scalar: break;
  }
  return fmt::format("`{}`", node.text.size() > 60 ? node.text.substr(0, 60) + "…" : node.text);
}

std::optional<bool> truth_of(const Node& node) {
  if (node.kind != Node::Kind::Scalar || node.quoted) return std::nullopt;
  if (is_one_of(node.text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (is_one_of(node.text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) return false;
  return std::nullopt;
}

std::optional<int64_t> integer_of(const Node& node) { return whole<int64_t>(node); }

std::optional<double> number_of(const Node& node) {
  const auto value = whole<double>(node);
  // from_chars also reads "inf" and "nan".
  return value && *value == *value && *value - *value == 0 ? value : std::nullopt;
}

}  // namespace lcr::foreign
