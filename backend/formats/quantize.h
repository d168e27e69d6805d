#pragma once

#include <cstdint>
#include <vector>

#include "backend/formats/codec.h"
#include "backend/formats/kernels.h"
#include "backend/formats/observe.h"

namespace lcr {

// How one weight is quantized: its codec, and how its scales are found. Observers that need no data: minmax, mse,
// four_over_six; all with a choice of e8m0 exponent.
struct Quantizer {
  Codec codec;
  Observer observer;
  ScaleRule scales;
  CodeRule codes;
  std::vector<float> shrinks;  // of mse: factors on the range, widest first; empty for the others
  float norm = 2.f;            // of mse: exponent on the error
  int patience = 0;            // of mse: candidates without improvement after which a unit stops
};

// True for the observers above.
bool is_data_free(const Observer& observer);

// For an out x in weight that plan_encoding() plans; LCR_CHECKs is_data_free(observer).
Quantizer make_quantizer(const Precision& precision, const Observer& observer, int64_t out, int64_t in, Dtype model);

// The range that the one scale of a weight is made from; used only where Codec::whole_tensor. For mse it is the
// observed range times the shrink of best_shrink().
struct TensorRange {
  float low = 0.f, high = 0.f;
};

// How much was lost: sums of (weight - decoded)^2 and of weight^2.
struct ErrorSums {
  double error = 0, signal = 0;
  void add(const ErrorSums& other) { error += other.error, signal += other.signal; }
  double relative() const;  // Frobenius norm of the error over that of the weight; 0 for a zero weight
  double decibels() const;  // signal to quantization noise; infinite where nothing was lost
};

struct TileResult {
  NonFinite non_finite;  // when there are any, the tile's codes and scales are of no use
  ErrorSums errors;      // where asked for
};

// Scales, codes and zero points of a tile in one pass over its rows; first_row is the number of the tile's first row
// and a multiple of row_alignment(). Arithmetic is fp32 with the scale as stored. Where there is one scale a tensor,
// out.scales may be null in all tiles but one. A pure function of the weight: tiles and threads change nothing.
TileResult quantize(const Quantizer& quantizer, const WeightRows& tile, int64_t first_row, const TensorRange& tensor,
                    const EncodedRows& out, bool measure = false);

// The two halves of quantize(), for solvers that move weights between them. encode() reads the scales and zero points
// of `out` and writes its codes.
void find_scales(const Quantizer& quantizer, const WeightRows& tile, const TensorRange& tensor, const EncodedRows& out);
void encode(const Codec& codec, const WeightRows& tile, const EncodedRows& out);

CodeRule code_rule(const Codec& codec);

}  // namespace lcr
