#include "compiler/language/units.h"

#include <cmath>

#include <fmt/format.h>

namespace lcr {

const std::vector<QuantityUnit>& units() {
  static const std::vector<QuantityUnit> all = {
      {"%", Dimension::Ratio, 0.01},
      {"B", Dimension::Bytes, 1},
      {"KiB", Dimension::Bytes, 1024.0},
      {"MiB", Dimension::Bytes, 1048576.0},
      {"GiB", Dimension::Bytes, 1073741824.0},
      {"TiB", Dimension::Bytes, 1099511627776.0},
      {"KB", Dimension::Bytes, 1e3},
      {"MB", Dimension::Bytes, 1e6},
      {"GB", Dimension::Bytes, 1e9},
      {"TB", Dimension::Bytes, 1e12},
      {"bit", Dimension::Bits, 1},
      {"bpw", Dimension::BitsPerWeight, 1},
      {"tok", Dimension::Tokens, 1},
      {"ms", Dimension::Duration, 1e-3},
      {"s", Dimension::Duration, 1},
      {"min", Dimension::Duration, 60},
      {"h", Dimension::Duration, 3600},
  };
  return all;
}

const QuantityUnit* find_unit(std::string_view spelling) {
  for (const QuantityUnit& unit : units()) {
    if (unit.spelling == spelling) return &unit;
  }
  return nullptr;
}

std::optional<Measure> measure(const syntax::Quantity& quantity) {
  const QuantityUnit* unit = find_unit(quantity.unit);
  if (!unit) return std::nullopt;
  // Division keeps decimal percentages exact: 1 / 100 is the double nearest to 0.01, as 0.1 / 100 is to 0.001.
  double value = unit->dimension == Dimension::Ratio ? quantity.value / 100 : quantity.value * unit->factor;
  return Measure{unit->dimension, value};
}

std::string_view describe(Dimension dimension) {
  switch (dimension) {
    case Dimension::Bytes: return "a number of bytes";
    case Dimension::Bits: return "a number of bits";
    case Dimension::BitsPerWeight: return "a number of bits per weight";
    case Dimension::Tokens: return "a number of tokens";
    case Dimension::Ratio: return "a ratio";
    case Dimension::Duration: return "a duration";
  }
  return {};
}

std::string_view example(Dimension dimension) {
  switch (dimension) {
    case Dimension::Bytes: return "80GiB";
    case Dimension::Bits: return "4bit";
    case Dimension::BitsPerWeight: return "4.5bpw";
    case Dimension::Tokens: return "2048tok";
    case Dimension::Ratio: return "5%";
    case Dimension::Duration: return "10min";
  }
  return {};
}

std::string number_text(double number) {
  if (std::abs(number) < 1e15 && number == std::floor(number)) return fmt::format("{}", int64_t(number));
  return fmt::format("{}", number);
}

std::string ratio_text(double fraction) { return fmt::format("{:.12g}%", fraction * 100); }

std::string bytes_text(int64_t bytes) {
  for (std::string_view spelling : {"TiB", "GiB", "MiB", "KiB"}) {
    int64_t factor = int64_t(find_unit(spelling)->factor);
    if (bytes != 0 && bytes % factor == 0) return fmt::format("{}{}", bytes / factor, spelling);
  }
  return fmt::format("{}B", bytes);
}

std::string duration_text(double seconds) {
  for (std::string_view spelling : {"h", "min", "s"}) {
    double count = seconds / find_unit(spelling)->factor;
    if (count >= 1 && count == std::floor(count)) return fmt::format("{}{}", int64_t(count), spelling);
  }
  return fmt::format("{:.12g}ms", seconds * 1000);
}

}  // namespace lcr
