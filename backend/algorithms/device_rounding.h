#pragma once

#include <ATen/core/Tensor.h>

#include "backend/algorithms/tensor_scales.h"

// Scales of whole weights, and what rounding with them loses, by the CUDA library's kernels: equal to the formats room's
// to the bit, but for the order of sums where columns are weighed.
namespace lcr {

// Whether the weight lies on a device with such kernels and has a scale for each of its units.
bool rounds_on_device(const Quantizer& quantizer, const at::Tensor& weight);

struct RoundingRequest {
  at::Tensor channels;      // f32 [in], what columns are multiplied by; undefined: nothing
  at::Tensor importance;    // f32 [in], what errors are multiplied by while ranges are searched; undefined: nothing
  float global = 1.f;
  at::Tensor out;           // f32 [out, in], dense: filled with the rounded weight divided by `channels` again; or undefined
  bool difference = false;  // less the weight
};

// weight [out, in], dense, of any float dtype.
UnitScales round_on_device(const Quantizer& quantizer, const at::Tensor& weight, const RoundingRequest& request);

}  // namespace lcr
