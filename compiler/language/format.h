#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compiler/source/source.h"

namespace lcr {

// What one number of a quantized tensor is. Int: two's complement of `bits`; Fp4: e2m1; Fp8: e4m3fn.
enum class Element { Int, Fp4, Fp8 };

// The area that shares one scale. Group: `group` consecutive input columns of one row; Block: rows x columns.
enum class Per { Tensor, Channel, Token, Head, Group, Block };

// Stored dtype of a scale. Model: the model's dtype; E8M0: a power of two, 2^(byte - 127).
enum class ScaleType { Model, E4M3, E8M0, F32, BF16, F16 };

// One number format as the language writes it: `int4(per = group(128), symmetric = true)`.
struct Format {
  Element element = Element::Int;
  int bits = 8;
  Per per = Per::Tensor;
  int64_t group = 0;          // columns, for Per::Group
  int64_t block_rows = 0;     // for Per::Block
  int64_t block_columns = 0;
  bool symmetric = true;      // false: zero points (Int only)
  ScaleType scale = ScaleType::Model;
  bool global = false;        // one f32 scale a tensor above the group scales (global = static)
  bool dynamic = false;       // input, output, caches: scales at run time

  bool operator==(const Format&) const = default;
};

// How integer weights that meet quantized inputs are stored; None where the language forbids to say it.
enum class Container { None, Packed, Bytes };

// What is stored and what the server computes for one module. Absent: not quantized.
struct Precision {
  std::string name;  // of the scheme, for people
  std::optional<Format> weights;
  std::optional<Format> input;
  std::optional<Format> output;
  Container container = Container::None;

  // Equal but for the name.
  bool same(const Precision& other) const;
};

// The spelling of the language, canonical: `fp8(per = token, dynamic = true)`.
std::string to_string(const Format& format);
// Weights never say `dynamic`, the other places always do; the first form leaves it out when it is false.
std::string to_string(const Format& format, bool weights);
std::string to_string(const Precision& precision);

// Largest and smallest code of an integer format, or the largest magnitude of a float format (6, 448).
double largest(const Format& format);
double smallest(const Format& format);

// Bits that the codes, scales (the global one too) and zero points of an out x in matrix take on disk; `model_bits` is
// the width of the model's dtype. What the container adds (a shape of two integers) is not counted.
int64_t stored_bits(const Format& weights, Container container, int64_t out, int64_t in, int model_bits);

}  // namespace lcr
