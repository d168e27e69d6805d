#include "backend/algorithms/sweep.h"

#include <array>

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "backend/algorithms/tensor_codes.h"
#include "backend/algorithms/units.h"
#include "backend/formats/quantize.h"

namespace lcr {
namespace {

ColumnSweep& column_sweep() {
  static ColumnSweep sweep = nullptr;
  return sweep;
}

// Codes in bytes, without an offset.
CodeRule rule_of(const Panel& panel) {
  Codec codec = panel.codec;
  codec.layout = CodeLayout::Bytes;
  return code_rule(codec);
}

lcr_cuda_panel describe(const Panel& panel) {
  const Codec& codec = panel.codec;
  CodeRule rule = rule_of(panel);
  lcr_cuda_panel out{};
  out.rows = panel.weights.size(0);
  out.width = panel.weights.size(1);
  out.weights = panel.weights.data_ptr<float>();
  out.weights_stride = panel.weights.stride(0);
  out.factor = panel.factor.data_ptr<float>();
  out.factor_stride = panel.factor.stride(0);
  out.scales = panel.scale.data_ptr<float>();
  out.zeros = panel.zero.defined() ? panel.zero.data_ptr<float>() : nullptr;
  out.scales_stride = panel.scale.size(1);
  out.unit_rows = codec.whole_tensor ? codec.rows : codec.grid.unit_rows;
  out.units = panel.units.data_ptr<int32_t>();
  if (panel.keep.defined()) {
    out.keep = panel.keep.data_ptr<uint8_t>();
    out.keep_stride = panel.keep.stride(0);
  }
  out.codes = panel.codes.data_ptr<uint8_t>();
  out.codes_stride = panel.codes.stride(0);
  out.errors = panel.errors.data_ptr<float>();
  out.errors_stride = panel.errors.stride(0);
  out.element = codec.element == Element::Int ? LCR_INT : codec.element == Element::Fp4 ? LCR_FP4 : LCR_FP8;
  out.lowest = rule.lowest;
  out.highest = rule.highest;
  return out;
}

}  // namespace

void register_column_sweep(ColumnSweep sweep) { column_sweep() = sweep; }

void sweep_columns(const Panel& panel) {
  CodeRule rule = rule_of(panel);
  int64_t rows = panel.weights.size(0), width = panel.weights.size(1);
  at::Tensor scales = spread_rows(panel.codec, panel.scale, rows).index_select(1, panel.units);
  at::Tensor zeros;
  if (panel.zero.defined()) zeros = spread_rows(panel.codec, panel.zero, rows).index_select(1, panel.units);
  at::Tensor inverse = panel.factor.diagonal().reciprocal();
  for (int64_t i = 0; i < width; ++i) {
    at::Tensor weight = panel.weights.select(1, i), scale = scales.select(1, i);
    at::Tensor quotient = weight / scale;
    if (zeros.defined()) quotient.add_(zeros.select(1, i));
    at::Tensor code = nearest_values(rule, quotient);
    if (panel.keep.defined()) {
      at::Tensor pruned = panel.keep.select(1, i) == 0;
      code = zeros.defined() ? at::where(pruned, zeros.select(1, i), code) : code.masked_fill(pruned, 0);
    }
    panel.codes.select(1, i).copy_(codes_of_values(rule, code));
    at::Tensor value = (zeros.defined() ? code - zeros.select(1, i) : code) * scale;
    at::Tensor error = (weight - value) * inverse[i];
    panel.errors.select(1, i).copy_(error);
    weight.copy_(value);
    if (i + 1 == width) break;
    at::Tensor rest = panel.weights.narrow(1, i + 1, width - i - 1);
    rest.addr_(error, panel.factor[i].narrow(0, i + 1, width - i - 1), 1, -1);
  }
}

void sweep(const Panel& panel) {
  at::Device device = panel.weights.device();
  if (device.is_cpu()) {
    sweep_rows(describe(panel));
  } else if (!device.is_cuda() || column_sweep() == nullptr) {
    sweep_columns(panel);
  } else {
    c10::Stream stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device);
    std::array<char, 256> error{};
    lcr_cuda_panel described = describe(panel);
    int failed = column_sweep()(&described, device.index(), stream.native_handle(), error.data(), static_cast<int>(error.size()));
    TORCH_CHECK(failed == 0, error.data());
  }
}

}  // namespace lcr
