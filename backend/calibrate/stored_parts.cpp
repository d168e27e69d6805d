#include "backend/calibrate/stored_parts.h"

#include <ATen/ATen.h>

#include <cstring>

#include "backend/calibrate/decode_solved.h"
#include "backend/forward/dtypes.h"
#include "compiler/diagnostics/check.h"
#include "compiler/language/encoding.h"

namespace lcr {
namespace {

std::vector<std::byte> bytes_of(const void* data, size_t size) {
  std::vector<std::byte> bytes(size);
  std::memcpy(bytes.data(), data, size);
  return bytes;
}

void add_planned(SolvedWriter& writer, std::string_view path, const EncodedTensor& planned, const at::Tensor& value) {
  LCR_CHECK(value.defined(), "a static scale was not found");
  at::Tensor stored = value.to(at::kCPU, scalar_type(planned.dtype)).contiguous();
  LCR_CHECK(static_cast<int64_t>(stored.nbytes()) == planned.bytes(), "a static scale has another size than planned");
  writer.add(path, planned.part, bytes_of(stored.data_ptr(), stored.nbytes()));
}

}  // namespace

void add_parts(SolvedWriter& writer, const Module& module, PackedWeight stored) {
  const int64_t shape[2] = {module.out, module.in};
  writer.add(module.path, Part::Codes, std::move(stored.codes));
  writer.add(module.path, Part::Scales, std::move(stored.scales));
  if (!stored.zero_points.empty()) writer.add(module.path, Part::ZeroPoints, std::move(stored.zero_points));
  writer.add(module.path, Part::Shape, bytes_of(shape, sizeof shape));
  writer.add(module.path, Part::GlobalScale, bytes_of(&stored.global, sizeof stored.global));
}

void add_activation_scales(SolvedWriter& writer, const Module& module, const Precision& precision, Dtype scale_dtype,
                           const ActivationScales& scales, bool output) {
  const Encoding encoding = plan_encoding(precision, module.out, module.in, scale_dtype);
  for (const auto& [part, value] :
       {std::pair{output ? Part::OutputScale : Part::InputScale, scales.scale},
        std::pair{output ? Part::OutputZeroPoint : Part::InputZeroPoint, scales.zero_point},
        std::pair{output ? Part::OutputGlobalScale : Part::InputGlobalScale, scales.global_scale}})
    if (const EncodedTensor* planned = encoding.find(part)) add_planned(writer, module.path, *planned, value);
}

void add_point_scales(SolvedWriter& writer, const std::string& path, const std::vector<EncodedTensor>& tensors,
                      const ActivationScales& scales) {
  for (const EncodedTensor& planned : tensors) add_planned(writer, path, planned, scales.scale);
}

at::Tensor decode_parts(const SolvedStore& store, const Module& module, const Precision& precision, Dtype scale_dtype) {
  at::Tensor decoded = at::empty({module.out, module.in}, at::kFloat);
  decode_solved(store, module, precision, scale_dtype, decoded.data_ptr(), Dtype::F32);
  return decoded;
}

}  // namespace lcr
