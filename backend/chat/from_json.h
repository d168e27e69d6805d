#pragma once

#include <string>

#include <simdjson.h>

#include "backend/chat/value.h"

namespace lcr::chat {

// False with the reason in `problem`: nested too deeply, or a number beyond 64 bits.
bool value_of(simdjson::dom::element element, Value& value, std::string& problem);

}  // namespace lcr::chat
