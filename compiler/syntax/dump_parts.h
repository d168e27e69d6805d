#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/syntax/tree.h"

// Private to dump*.cpp.
namespace lcr::syntax {

// `(head part part)`; empty parts are left out.
std::string form(std::string_view head, const std::vector<std::string>& parts);
std::string escaped(std::string_view text);

std::string dump(const Name& name);
std::string dump(const Path& path);
std::string dump(const Text& text);
std::string dump(const Call& call);
std::string dump(const Range& range);
std::string dump(const Comparison& comparison);
std::string dump(const Stack& stack);
std::string dump(const Fields& fields);
std::string dump(const Field& field);
std::string dump(const Argument& argument);
std::string dump(const Shape& shape);
std::string dump(const Body& body);
std::string dump(const Target& target);
std::string dump(const Value& value);
std::string dump(const Graph& graph);
std::string dump_architecture(const Statement& statement);

template <typename T>
std::vector<std::string> dump_all(const std::vector<T>& items) {
  std::vector<std::string> result;
  for (const T& item : items) result.push_back(dump(item));
  return result;
}

template <typename T>
std::string dump_list(std::string_view head, const std::vector<T>& items) {
  return items.empty() ? std::string() : form(head, dump_all(items));
}

template <typename T>
std::string dump_if(std::string_view head, const std::optional<T>& item) {
  return item ? form(head, {dump(*item)}) : std::string();
}

}  // namespace lcr::syntax
