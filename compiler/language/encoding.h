#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/language/dtype.h"
#include "compiler/language/format.h"

namespace lcr {

// What a stored tensor of a quantized module means.
enum class Part {
  Codes,        // weight, weight_packed
  Scales,       // weight_scale
  ZeroPoints,   // weight_zero_point; asymmetric integers only
  Shape,        // weight_shape: two I64, out and in
  GlobalScale,  // weight_global_scale
  InputScale, InputZeroPoint, InputGlobalScale,  // of static activation formats
  OutputScale, OutputZeroPoint, OutputGlobalScale,
};

// How the codes lie in memory.
enum class CodeLayout {
  Words,    // dense LSB-first bit stream a row in 32-bit words, offset 2^(bits-1): pack-quantized
  Bytes,    // one signed byte a code
  E4M3,     // one float8 e4m3fn a code
  Nibbles,  // two e2m1 a byte, even column in the low nibble
};

// The area of one scale and the grid of scales that follows. Blocks and the grid are ceiled at ragged edges.
struct ScaleGrid {
  int64_t unit_rows = 1, unit_columns = 1;
  int64_t rows = 1, columns = 1;
  bool operator==(const ScaleGrid&) const = default;
};

struct EncodedTensor {
  Part part = Part::Codes;
  std::string_view suffix;  // the tensor's name is the module's path, a dot, and this: "weight_packed"
  Dtype dtype = Dtype::BF16;
  Dims shape;
  int64_t bytes() const { return elements_of(shape) * size_of(dtype); }
};

// Every tensor that a quantized out x in weight has on disk, its bias apart, with exact names, dtypes and shapes.
struct Encoding {
  std::string_view container;  // the group's `format`: "pack-quantized"
  CodeLayout layout = CodeLayout::Words;
  ScaleGrid grid;
  std::vector<EncodedTensor> tensors;

  // nullptr when the encoding has no such part.
  const EncodedTensor* find(Part part) const;
  int64_t bytes() const;
};

// Why no container stores these weights, as a phrase for a diagnostic; nothing when one does.
std::optional<std::string> unstorable(const Precision& precision);

// The compressed-tensors encoding of a weight of out rows and in columns; `model` is the dtype of unquantized weights,
// which scales of ScaleType::Model take. `precision.weights` must be present and not unstorable(); groups must divide in.
Encoding plan_encoding(const Precision& precision, int64_t out, int64_t in, Dtype model);

}  // namespace lcr
