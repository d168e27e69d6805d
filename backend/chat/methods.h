#pragma once

#include "backend/chat/interpreter.h"

namespace lcr::chat {

// Whether a text has the method; known ones can be called.
bool is_text_method(std::string_view name);
Value call_text_method(Interpreter& interpreter, const Text& self, const std::string& name, const Arguments& arguments);

}  // namespace lcr::chat
