#pragma once

#include <cstdint>
#include <string_view>

namespace lcr {

// The stable identity of a kind of problem: the number of "L3001". Codes never encode severity and are never reused.
// Each phase has its own header of constants (codes/selection.h ...), so that a new code rebuilds that phase only.
enum class Code : uint16_t {};

constexpr Code code_of(std::string_view id) {
  uint16_t number = 0;
  for (char digit : id.substr(1)) number = static_cast<uint16_t>(number * 10 + (digit - '0'));
  return Code{number};
}

}  // namespace lcr
