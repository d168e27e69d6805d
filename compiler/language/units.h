#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/syntax/tree.h"

// Units are types: a quantity has a dimension, and no place takes two dimensions.
namespace lcr {

enum class Dimension { Bytes, Bits, BitsPerWeight, Tokens, Ratio, Duration };

struct QuantityUnit {
  std::string_view spelling;
  Dimension dimension;
  double factor;  // to bytes, bits, bits a weight, tokens, fractions, seconds
};

const std::vector<QuantityUnit>& units();
const QuantityUnit* find_unit(std::string_view spelling);

// A quantity in the base unit of its dimension; nothing when the unit does not exist.
struct Measure {
  Dimension dimension;
  double value;
};
std::optional<Measure> measure(const syntax::Quantity& quantity);

// "a number of tokens"
std::string_view describe(Dimension dimension);
// A literal of the dimension for examples in messages: "2048tok".
std::string_view example(Dimension dimension);

// Canonical spellings: 0.01 is "1%", 2147483648 is "2GiB", 600 is "10min".
std::string ratio_text(double fraction);
std::string bytes_text(int64_t bytes);
std::string duration_text(double seconds);
// The shortest spelling of a plain number that reads back the same.
std::string number_text(double number);

}  // namespace lcr
