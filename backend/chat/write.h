#pragma once

#include <string>

#include "backend/chat/value.h"

namespace lcr::chat {

// str() of Python. False with the reason in `problem` for what has no fixed text.
bool write_text(const Value& value, std::string& text, std::string& problem);

struct JsonStyle {
  bool ascii = false;
  // Of each level; without it everything stands on one line.
  bool indented = false;
  std::string indent;
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool sorted = false;
};
// json.dumps of Python.
bool write_json(const Value& value, const JsonStyle& style, std::string& text, std::string& problem);

}  // namespace lcr::chat
