#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lcr {

// Which numbers stand at one place of a name; empty: any.
using NumberChoice = std::vector<int64_t>;

// A set of names of one shape: `model.layers.#.mlp.up_proj` with the numbers that the places may hold.
struct NamePattern {
  std::vector<std::string> segments;   // "#" for a number
  std::vector<NumberChoice> numbers;   // one a "#"
  int32_t label = 0;
  bool expert = false;
};

struct LabelledName {
  std::string_view name;
  int32_t label;
  bool expert;
};

// Splits names into shapes, and each shape into the fewest patterns that hold the names of one label and none of
// another. A place gets no list of numbers where the label does not depend on it.
std::vector<NamePattern> factor(const std::vector<LabelledName>& names);

}  // namespace lcr
