#include "backend/chat/filters.h"

#include <fmt/format.h>

#include "backend/chat/parser.h"

namespace lcr::chat {
namespace {

const Filter* find_filter(std::string_view name) {
  for (std::span<const Filter> filters : {text_filters(), item_filters(), selecting_filters()})
    for (const Filter& filter : filters)
      if (filter.name == name) return &filter;
  return nullptr;
}

}  // namespace

bool knows_filter(std::string_view name) { return find_filter(name) != nullptr; }

Value Interpreter::apply_filter(const std::string& name, const Value& input, const Arguments& arguments) {
  const Filter* filter = find_filter(name);
  if (!filter) return fail(fmt::format("there is no filter `{}` here", name));
  return filter->apply(*this, input, arguments);
}

}  // namespace lcr::chat
