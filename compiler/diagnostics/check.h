#pragma once

#include <string_view>

namespace lcr {

// Prints version, place and condition and ends the process with exit code 2 (abort in debug builds).
[[noreturn]] void internal_error(const char* file, int line, std::string_view condition, std::string_view message);

}  // namespace lcr

// For our own mistakes only; nothing that a user can write or feed may reach it.
#define LCR_CHECK(condition, message)                                          \
  do {                                                                         \
    if (!(condition)) ::lcr::internal_error(__FILE__, __LINE__, #condition, message); \
  } while (false)
