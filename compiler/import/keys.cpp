#include "compiler/import/keys.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"

namespace lcr::foreign {

Keys::Keys(const Node& map, std::string what, Diagnostics& diagnostics)
    : map_(map), what_(std::move(what)), diagnostics_(diagnostics) {
  if (map.kind != Node::Kind::Map && !map.is_null()) wrong(map, what_, "a map");
}

Diagnostic& Keys::wrong(const Node& node, std::string_view key, std::string_view wanted) {
  return diagnostics_.report(codes::L7051, node.span,
                             fmt::format("`{}` is {} where {} stands", key, describe(node), wanted));
}

const Node* Keys::take(std::string_view key) {
  known_.emplace_back(key);
  const Node* node = map_.find(key);
  return node == nullptr || node->is_null() ? nullptr : node;
}

std::optional<std::string> Keys::text(std::string_view key) {
  const Node* node = take(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind == Node::Kind::Scalar) return node->text;
  wrong(*node, key, "a text");
  return std::nullopt;
}

std::optional<bool> Keys::truth(std::string_view key) {
  const Node* node = take(key);
  if (node == nullptr) return std::nullopt;
  const auto value = truth_of(*node);
  if (!value) wrong(*node, key, "true or false");
  return value;
}

std::optional<int64_t> Keys::integer(std::string_view key) {
  const Node* node = take(key);
  if (node == nullptr) return std::nullopt;
  const auto value = integer_of(*node);
  if (!value) wrong(*node, key, "a whole number");
  return value;
}

std::optional<double> Keys::number(std::string_view key) {
  const Node* node = take(key);
  if (node == nullptr) return std::nullopt;
  const auto value = number_of(*node);
  if (!value) wrong(*node, key, "a number");
  return value;
}

std::vector<const Node*> Keys::texts(std::string_view key) {
  const Node* node = take(key);
  std::vector<const Node*> result;
  if (node == nullptr) return result;
  if (node->kind == Node::Kind::Scalar) return {node};
  if (node->kind != Node::Kind::List) wrong(*node, key, "a list of texts");
  for (const Node& item : node->items) {
    if (item.kind == Node::Kind::Scalar)
      result.push_back(&item);
    else
      wrong(item, key, "a text");
  }
  return result;
}

void Keys::leave_out(std::string_view key, std::string_view why) {
  const Node* node = take(key);
  if (node != nullptr) diagnostics_.report(codes::L7056, node->span, fmt::format("`{}` is left out: {}", key, why));
}

void Keys::refuse(std::string_view key, std::string_view why, std::initializer_list<std::string_view> harmless) {
  const Node* node = take(key);
  if (node == nullptr) return;
  if (node->kind == Node::Kind::Scalar && std::find(harmless.begin(), harmless.end(), node->text) != harmless.end())
    return;
  if (node->kind == Node::Kind::List && node->items.empty()) return;
  if (node->kind == Node::Kind::Map && node->members.empty()) return;
  diagnostics_.report(codes::L7053, node->span, fmt::format("`{}` of {} has no equivalent: {}", key, what_, why));
}

void Keys::close() {
  for (const auto& [key, value] : map_.members) {
    if (std::find(known_.begin(), known_.end(), key.text) != known_.end()) continue;
    Diagnostic& diagnostic =
        diagnostics_.report(codes::L7052, key.span, fmt::format("{} has no parameter `{}`", what_, key.text));
    const std::string near = nearest(key.text, known_);
    if (!near.empty()) diagnostic.help(fmt::format("did you mean `{}`?", near));
  }
}

}  // namespace lcr::foreign
