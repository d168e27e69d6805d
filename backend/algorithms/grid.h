#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "backend/formats/codec.h"

namespace lcr {

// The numbers that a weight may take, fixed before a solve: (code - zero) * scale. R x C is the codec's grid of scales.
struct Grid {
  Codec codec;
  at::Tensor scale;    // f32 [R, C]: stored / global, what codes are multiplied by
  at::Tensor stored;   // f32 [R, C]: the stored scale's value, exactly representable in codec.scale
  at::Tensor zero;     // f32 [R, C], integers; undefined where the codec is symmetric
  float global = 1.f;  // weight_global_scale, which divides the stored scales; 1 where the codec has none
};

struct GridOptions {
  Precision precision;  // its weights are present and storable
  Dtype model_dtype = Dtype::BF16;
  Observer observer;    // minmax, mse, four_over_six, imatrix, hessian
  std::optional<float> absmax;  // of the weight and its fused siblings together, for the global scale; else the weight's own
};

// Observers that weigh columns by their inputs; find_grid() needs the importance for these alone.
bool needs_importance(const Observer& observer);

// weight [out, in] f32, finite. importance [in] f32, the mean of each input channel's square (any common factor will do),
// finite; undefined where it is not needed. On the CPU the result without importance is that of the data-free Quantizer,
// to the bit.
Grid find_grid(const at::Tensor& weight, const at::Tensor& importance, const GridOptions& options);

// The nearest codes, uint8 [out, in]: two's complement of eight bits, e4m3, or e2m1 in the low nibble. Correctly rounded
// fp32 quotients by the scale, plus the zero point, clamped, then to nearest, ties to even.
at::Tensor encode(const Grid& grid, const at::Tensor& weight);

// f32 [out, in]: (code - zero) * scale, rounded once.
at::Tensor decode(const Grid& grid, const at::Tensor& codes);

// A weight's tensors as the checkpoint stores them; zero_points is empty for symmetric codecs.
struct PackedWeight {
  std::vector<std::byte> codes, scales, zero_points;
  float global = 1.f;
};

// From codes on any device, as encode() gives them.
PackedWeight store(const Grid& grid, const at::Tensor& codes);

}  // namespace lcr
