#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/language/encoding.h"
#include "compiler/language/stack.h"

// Quantization written down once more, element by element, with tables and searches instead of bit tricks.
namespace lcr::reference {

struct Weight {
  int64_t rows = 0, columns = 0;
  std::vector<float> values;  // row-major, already representable in the stored dtype
};

// Every byte of the encoded tensors, in the planned layout.
struct Encoded {
  std::vector<uint8_t> codes, scales, zero_points;
  std::vector<float> decoded;
};

// Nearest value of a small float format to x, ties to the even code, saturating; the code's bits.
uint8_t nearest_e4m3(float x);
uint8_t nearest_e2m1(float x);
float value_e4m3(uint8_t code);
float value_e2m1(uint8_t code);
float value_f16(uint16_t code);

// minmax, four_over_six, and the e8m0 exponents.
Encoded quantize(const Precision& precision, const Observer& observer, const Weight& weight, Dtype model, float global);

// Bits of `codes`, element j at [j * bits, (j + 1) * bits), least significant first, in whole words.
std::vector<uint8_t> packed(const std::vector<uint32_t>& codes, int bits, int64_t bytes);

}  // namespace lcr::reference
