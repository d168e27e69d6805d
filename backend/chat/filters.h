#pragma once

#include <span>
#include <string_view>

#include "backend/chat/interpreter.h"

namespace lcr::chat {

struct Filter {
  std::string_view name;
  Value (*apply)(Interpreter& interpreter, const Value& input, const Arguments& arguments);
};

std::span<const Filter> text_filters();
std::span<const Filter> item_filters();
// select, reject, map and the like, which take filters, tests and attributes.
std::span<const Filter> selecting_filters();

}  // namespace lcr::chat
