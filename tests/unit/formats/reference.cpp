#include "reference.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>

namespace lcr::reference {
namespace {

float value_of(int code, int exponent_bits, int mantissa_bits, int bias) {
  const int exponent = code >> mantissa_bits, mantissa = code & ((1 << mantissa_bits) - 1);
  (void)exponent_bits;
  if (exponent == 0) return std::ldexp(static_cast<float>(mantissa), 1 - bias - mantissa_bits);
  return std::ldexp(static_cast<float>(mantissa + (1 << mantissa_bits)), exponent - bias - mantissa_bits);
}

// Codes 0..last ascend in value.
uint8_t nearest(float x, int last, float (*value)(uint8_t), int sign_bit) {
  const double magnitude = std::fabs(x);
  int best = 0;
  for (int code = 1; code <= last; ++code) {
    const double before = std::fabs(value(static_cast<uint8_t>(best)) - magnitude);
    const double now = std::fabs(value(static_cast<uint8_t>(code)) - magnitude);
    if (now < before || (now == before && code % 2 == 0)) best = code;
  }
  return static_cast<uint8_t>(best | (std::signbit(x) ? 1 << sign_bit : 0));
}

float rounded_half(float x, int exponent_bits, int mantissa_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  if (x == 0) return 0;
  int exponent;
  std::frexp(x, &exponent);
  const int quantum = std::max(exponent - 1, 1 - bias) - mantissa_bits;
  const double largest = std::ldexp(2.0 - std::ldexp(1.0, -mantissa_bits), bias);
  const double rounded = std::ldexp(std::nearbyint(std::ldexp(static_cast<double>(x), -quantum)), quantum);
  return static_cast<float>(std::min(rounded, largest));
}

void put(std::vector<uint8_t>& out, const void* data, size_t bytes) {
  const uint8_t* from = static_cast<const uint8_t*>(data);
  out.insert(out.end(), from, from + bytes);
}

uint16_t f16_bits(float x) {
  static const std::map<float, uint16_t> codes = [] {
    std::map<float, uint16_t> all;
    for (int code = 0; code < 0x7C00; ++code) all[value_f16(static_cast<uint16_t>(code))] = static_cast<uint16_t>(code);
    return all;
  }();
  return codes.at(x);
}

// The scale that is used, and its stored bytes.
float store(Dtype dtype, float s, std::vector<uint8_t>& out) {
  if (dtype == Dtype::F32) {
    if (s == 0) s = std::ldexp(1.f, -23);
    put(out, &s, 4);
    return s;
  }
  s = dtype == Dtype::F16 ? rounded_half(s, 5, 10) : rounded_half(s, 8, 7);
  if (s == 0) s = std::ldexp(1.f, dtype == Dtype::F16 ? -10 : -7);
  uint32_t bits;
  std::memcpy(&bits, &s, 4);
  const uint16_t half = dtype == Dtype::F16 ? f16_bits(s) : static_cast<uint16_t>(bits >> 16);
  put(out, &half, 2);
  return s;
}

struct Unit {
  int64_t row, rows, column, columns;
};

struct Found {
  float scale;
  int zero = 0;
  std::vector<uint8_t> stored;
};

double group_error(const Weight& weight, const Unit& unit, float scale) {
  float errors[16];
  for (int i = 0; i < 16; ++i) {
    const float x = weight.values[unit.row * weight.columns + unit.column + i];
    const float error = x - value_e2m1(nearest_e2m1(x / scale)) * scale;
    errors[i] = error * error;
  }
  for (int half : {8, 4, 2, 1})
    for (int i = 0; i < half; ++i) errors[i] = errors[i] + errors[i + half];
  return errors[0];
}

int exponent_of(float absmax, const std::string& rule, bool fp4) {
  int exponent;
  const double fraction = std::frexp(static_cast<double>(absmax), &exponent) * 2;  // [1, 2)
  --exponent;
  if (rule == "nearest" && fraction >= 1.75) ++exponent;
  if (rule == "ceil" && fraction > (fp4 ? 1.5 : 1.75)) ++exponent;
  return exponent - (fp4 ? 2 : 8);
}

Found scale_of(const Precision& precision, const Observer& observer, const Weight& weight, const Unit& unit, Dtype stored,
               float global) {
  const Format& format = *precision.weights;
  float low = 0, high = 0;
  for (int64_t r = unit.row; r < unit.row + unit.rows; ++r)
    for (int64_t c = unit.column; c < unit.column + unit.columns; ++c) {
      low = std::min(low, weight.values[r * weight.columns + c]);
      high = std::max(high, weight.values[r * weight.columns + c]);
    }
  const float absmax = std::max(high, -low);  // never -0
  Found found;
  if (format.scale == ScaleType::E8M0) {
    const int exponent = absmax == 0 ? -127 : exponent_of(absmax, observer.exponent, format.element == Element::Fp4);
    const uint8_t byte = static_cast<uint8_t>(std::clamp(exponent + 127, 0, 255));
    found.stored = {byte};
    found.scale = std::ldexp(1.f, byte - 127);
  } else if (format.scale == ScaleType::E4M3) {
    const auto code_for = [&](float target) {
      const uint8_t code = nearest_e4m3(absmax / target * global);
      return code == 0 ? uint8_t{0x20} : code;
    };
    uint8_t code = code_for(6);
    if (observer.name == "four_over_six" && group_error(weight, unit, value_e4m3(code_for(4)) / global) <
                                                group_error(weight, unit, value_e4m3(code) / global))
      code = code_for(4);
    found.stored = {code};
    found.scale = value_e4m3(code) / global;
  } else if (format.element == Element::Fp8) {
    found.scale = store(stored, absmax / 448.f, found.stored);
  } else if (format.symmetric) {
    const float divisor = (std::ldexp(1.f, format.bits) - 1) / 2;
    found.scale = store(stored, format.bits == 1 ? -low : absmax / divisor, found.stored);
  } else {
    const float lowest = -std::ldexp(1.f, format.bits - 1), highest = -lowest - 1;
    found.scale = store(stored, (high - low) / (highest - lowest), found.stored);
    found.zero = static_cast<int>(std::nearbyint(std::clamp(lowest - low / found.scale, lowest, highest)));
  }
  return found;
}

uint32_t code_of(const Format& format, float x, const Found& found, bool offset) {
  const float y = x / found.scale;
  if (format.element == Element::Fp8) return nearest_e4m3(y);
  if (format.element == Element::Fp4) return nearest_e2m1(y);
  const float lowest = -std::ldexp(1.f, format.bits - 1);
  const int code = static_cast<int>(std::nearbyint(std::clamp(y + static_cast<float>(found.zero), lowest, -lowest - 1)));
  return offset ? static_cast<uint32_t>(code - static_cast<int>(lowest)) : static_cast<uint8_t>(code);
}

float value_of_code(const Format& format, uint32_t code, const Found& found, bool offset) {
  if (format.element == Element::Fp8) return value_e4m3(static_cast<uint8_t>(code)) * found.scale;
  if (format.element == Element::Fp4) return value_e2m1(static_cast<uint8_t>(code)) * found.scale;
  const int q = offset ? static_cast<int>(code) - (1 << (format.bits - 1)) : static_cast<int8_t>(code);
  return static_cast<float>(q - found.zero) * found.scale;
}

}  // namespace

float value_e4m3(uint8_t code) {
  if ((code & 0x7F) == 0x7F) return std::numeric_limits<float>::quiet_NaN();
  const float value = value_of(code & 0x7F, 4, 3, 7);
  return code & 0x80 ? -value : value;
}

float value_e2m1(uint8_t code) {
  static const float values[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  return code & 8 ? -values[code & 7] : values[code & 7];
}

float value_f16(uint16_t code) {
  const float value = value_of(code & 0x7FFF, 5, 10, 15);
  return code & 0x8000 ? -value : value;
}

uint8_t nearest_e4m3(float x) {
  static const std::vector<float> values = [] {
    std::vector<float> all;
    for (int code = 0; code < 256; ++code) all.push_back(value_e4m3(static_cast<uint8_t>(code)));
    return all;
  }();
  return nearest(x, 0x7E, [](uint8_t code) { return values[code]; }, 7);
}
uint8_t nearest_e2m1(float x) { return nearest(x, 7, value_e2m1, 3); }

std::vector<uint8_t> packed(const std::vector<uint32_t>& codes, int bits, int64_t bytes) {
  std::vector<uint8_t> out(static_cast<size_t>(bytes));
  for (size_t j = 0; j < codes.size(); ++j)
    for (int bit = 0; bit < bits; ++bit) {
      const size_t position = j * static_cast<size_t>(bits) + static_cast<size_t>(bit);
      out[position / 8] |= static_cast<uint8_t>((codes[j] >> bit & 1u) << (position % 8));
    }
  return out;
}

Encoded quantize(const Precision& precision, const Observer& observer, const Weight& weight, Dtype model, float global) {
  const Format& format = *precision.weights;
  const Encoding encoding = plan_encoding(precision, weight.rows, weight.columns, model);
  const ScaleGrid& grid = encoding.grid;
  const bool offset = encoding.layout == CodeLayout::Words;
  Encoded result;
  std::vector<Found> units;
  for (int64_t r = 0; r < grid.rows; ++r)
    for (int64_t c = 0; c < grid.columns; ++c) {
      const Unit unit{r * grid.unit_rows, std::min(grid.unit_rows, weight.rows - r * grid.unit_rows), c * grid.unit_columns,
                      std::min(grid.unit_columns, weight.columns - c * grid.unit_columns)};
      units.push_back(scale_of(precision, observer, weight, unit, encoding.find(Part::Scales)->dtype, global));
      put(result.scales, units.back().stored.data(), units.back().stored.size());
    }
  for (int64_t r = 0; r < weight.rows; ++r) {
    std::vector<uint32_t> row;
    for (int64_t c = 0; c < weight.columns; ++c) {
      const Found& unit = units[r / grid.unit_rows * grid.columns + c / grid.unit_columns];
      row.push_back(code_of(format, weight.values[r * weight.columns + c], unit, offset));
      result.decoded.push_back(value_of_code(format, row.back(), unit, offset));
    }
    const EncodedTensor& codes = *encoding.find(Part::Codes);
    const int bits = encoding.layout == CodeLayout::Words ? format.bits : encoding.layout == CodeLayout::Nibbles ? 4 : 8;
    const std::vector<uint8_t> bytes = packed(row, bits, codes.bytes() / weight.rows);
    put(result.codes, bytes.data(), bytes.size());
  }
  const EncodedTensor* zero_points = encoding.find(Part::ZeroPoints);
  if (zero_points && zero_points->dtype == Dtype::I32) {
    result.zero_points.resize(static_cast<size_t>(zero_points->bytes()));
    for (int64_t c = 0; c < grid.columns; ++c) {
      std::vector<uint32_t> column;
      for (int64_t r = 0; r < grid.rows; ++r)
        column.push_back(static_cast<uint32_t>(units[r * grid.columns + c].zero + (1 << (format.bits - 1))));
      const std::vector<uint8_t> words = packed(column, format.bits, zero_points->shape[0] * 4);
      for (int64_t word = 0; word < zero_points->shape[0]; ++word)
        std::memcpy(result.zero_points.data() + (word * grid.columns + c) * 4, words.data() + word * 4, 4);
    }
  } else if (zero_points) {
    for (const Found& unit : units) result.zero_points.push_back(static_cast<uint8_t>(unit.zero));
  }
  return result;
}

}  // namespace lcr::reference
