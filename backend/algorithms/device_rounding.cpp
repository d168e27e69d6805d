#include "backend/algorithms/device_rounding.h"

#include <ATen/ATen.h>

#include "backend/formats/device_tile.h"
#include "backend/forward/device_kernels.h"

namespace lcr {
namespace {

at::Tensor shrinks_on(const Quantizer& quantizer, const at::Tensor& weight) {
  at::Tensor shrinks = at::empty({static_cast<int64_t>(quantizer.shrinks.size())}, at::kFloat);
  std::copy(quantizer.shrinks.begin(), quantizer.shrinks.end(), shrinks.data_ptr<float>());
  return shrinks.to(weight.device());
}

}  // namespace

bool rounds_on_device(const Quantizer& quantizer, const at::Tensor& weight) {
  const Codec& codec = quantizer.codec;
  return device_kernels().round != nullptr && weight.is_cuda() && weight.is_contiguous() && !codec.whole_tensor &&
         (!codec.global || codec.scale == Dtype::F8E4M3);
}

UnitScales round_on_device(const Quantizer& quantizer, const at::Tensor& weight, const RoundingRequest& request) {
  const Codec& codec = quantizer.codec;
  lcr_cuda_rounding rounding{};
  rounding.shape.dtype = device_dtype(weight);
  describe_codec(quantizer, weight.size(0), request.global, rounding.shape);
  const std::vector<int64_t> grid{rounding.shape.scale_rows, rounding.shape.scale_columns};
  const at::TensorOptions f32 = weight.options().dtype(at::kFloat);
  UnitScales result{at::empty(grid, f32), at::empty(grid, f32), codec.symmetric ? at::Tensor() : at::empty(grid, f32)};
  at::Tensor low = at::empty(grid, f32), high = at::empty(grid, f32), bytes = at::empty(grid, f32);
  at::Tensor zero_points = at::empty(grid, f32.dtype(at::kChar)), finite = at::ones({1}, f32.dtype(at::kInt));
  // A transfer waits for the device.
  const at::Tensor shrinks = quantizer.shrinks.empty() ? at::Tensor() : shrinks_on(quantizer, weight);
  rounding.weights = weight.data_ptr();
  if (request.channels.defined()) rounding.channels = request.channels.data_ptr<float>();
  if (request.importance.defined()) rounding.importance = request.importance.data_ptr<float>();
  if (shrinks.defined()) rounding.shrinks = shrinks.data_ptr<float>();
  rounding.low = low.data_ptr<float>();
  rounding.high = high.data_ptr<float>();
  rounding.bytes = static_cast<uint8_t*>(bytes.data_ptr());
  if (!codec.symmetric) rounding.zero_points = zero_points.data_ptr<int8_t>();
  rounding.finite = finite.data_ptr<int32_t>();
  rounding.scales = result.scale.data_ptr<float>();
  rounding.stored = result.stored.data_ptr<float>();
  if (!codec.symmetric) rounding.zeros = result.zero.data_ptr<float>();
  if (request.out.defined()) rounding.out = request.out.data_ptr<float>();
  rounding.difference = request.difference;
  call_kernel(weight, device_kernels().round, rounding);
  return result;
}

}  // namespace lcr
