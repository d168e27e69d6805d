#include "compiler/language/encoding.h"

#include "compiler/diagnostics/check.h"

namespace lcr {
namespace {

int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

ScaleGrid grid_of(const Format& format, int64_t out, int64_t in) {
  ScaleGrid grid;
  switch (format.per) {
    case Per::Channel: grid.unit_columns = in; break;
    case Per::Group: grid.unit_columns = format.group; break;
    case Per::Block: grid.unit_rows = format.block_rows, grid.unit_columns = format.block_columns; break;
    default: grid.unit_rows = out, grid.unit_columns = in; break;
  }
  grid.rows = ceil_divide(out, grid.unit_rows);
  grid.columns = ceil_divide(in, grid.unit_columns);
  return grid;
}

Dtype scale_dtype(ScaleType scale, Dtype model) {
  switch (scale) {
    case ScaleType::E4M3: return Dtype::F8E4M3;
    case ScaleType::E8M0: return Dtype::U8;
    case ScaleType::F32: return Dtype::F32;
    case ScaleType::BF16: return Dtype::BF16;
    case ScaleType::F16: return Dtype::F16;
    case ScaleType::Model: break;
  }
  return model;
}

// Float weights are named by their element and scale; integers by the container, which defaults to packed where no
// activation is quantized (readers refuse bytes there).
std::string_view container_of(const Precision& precision) {
  const Format& weights = *precision.weights;
  const bool activations = precision.input || precision.output;
  if (weights.element == Element::Fp4)
    return weights.scale == ScaleType::E8M0 ? "mxfp4-pack-quantized" : "nvfp4-pack-quantized";
  if (weights.element == Element::Fp8) {
    if (weights.scale == ScaleType::E8M0) return "mxfp8-quantized";
    return activations ? "float-quantized" : "naive-quantized";
  }
  return precision.container == Container::Bytes ? "int-quantized" : "pack-quantized";
}

CodeLayout layout_of(const Precision& precision) {
  switch (precision.weights->element) {
    case Element::Fp4: return CodeLayout::Nibbles;
    case Element::Fp8: return CodeLayout::E4M3;
    case Element::Int: break;
  }
  return precision.container == Container::Bytes ? CodeLayout::Bytes : CodeLayout::Words;
}

EncodedTensor codes_of(CodeLayout layout, int bits, int64_t out, int64_t in) {
  switch (layout) {
    case CodeLayout::Words: return {Part::Codes, "weight_packed", Dtype::I32, {out, ceil_divide(in * bits, 32)}};
    case CodeLayout::Nibbles: return {Part::Codes, "weight_packed", Dtype::U8, {out, ceil_divide(in, 2)}};
    case CodeLayout::E4M3: return {Part::Codes, "weight", Dtype::F8E4M3, {out, in}};
    case CodeLayout::Bytes: break;
  }
  return {Part::Codes, "weight", Dtype::I8, {out, in}};
}

// Packed along the rows, column by column; readers pack neither the zero point of a whole tensor nor those of blocks.
EncodedTensor zero_points_of(const Format& format, CodeLayout layout, const Dims& scales) {
  if (layout == CodeLayout::Words && (format.per == Per::Channel || format.per == Per::Group))
    return {Part::ZeroPoints, "weight_zero_point", Dtype::I32, {ceil_divide(scales[0] * format.bits, 32), scales[1]}};
  return {Part::ZeroPoints, "weight_zero_point", Dtype::I8, scales};
}

struct ActivationNames {
  Part scale, zero_point, global;
  std::string_view scale_suffix, zero_point_suffix, global_suffix;
};

// Dynamic activations store nothing but a static global scale; static ones one scale (and zero point) a tensor.
void add_activation(Encoding& encoding, const std::optional<Format>& format, const ActivationNames& names,
                    Dtype model) {
  if (!format) return;
  if (format->global) encoding.tensors.push_back({names.global, names.global_suffix, Dtype::F32, {1}});
  if (format->dynamic) return;
  encoding.tensors.push_back({names.scale, names.scale_suffix, scale_dtype(format->scale, model), {1}});
  if (!format->symmetric) encoding.tensors.push_back({names.zero_point, names.zero_point_suffix, Dtype::I8, {1}});
}

constexpr ActivationNames input_names{Part::InputScale, Part::InputZeroPoint, Part::InputGlobalScale,
                                      "input_scale",    "input_zero_point",   "input_global_scale"};
constexpr ActivationNames output_names{Part::OutputScale, Part::OutputZeroPoint, Part::OutputGlobalScale,
                                       "output_scale",    "output_zero_point",   "output_global_scale"};

}  // namespace

const EncodedTensor* Encoding::find(Part part) const {
  for (const EncodedTensor& tensor : tensors)
    if (tensor.part == part) return &tensor;
  return nullptr;
}

int64_t Encoding::bytes() const {
  int64_t sum = 0;
  for (const EncodedTensor& tensor : tensors) sum += tensor.bytes();
  return sum;
}

std::optional<std::string> unstorable(const Precision& precision) {
  if (!precision.weights) return "there are no quantized weights";
  const Format& weights = *precision.weights;
  const bool groups_of_16 = weights.per == Per::Group && weights.group == 16;
  const bool groups_of_32 = weights.per == Per::Group && weights.group == 32;
  const bool nvfp4 =
      weights.element == Element::Fp4 && weights.scale == ScaleType::E4M3 && weights.global && groups_of_16;
  const bool mx =
      weights.element != Element::Int && weights.scale == ScaleType::E8M0 && groups_of_32 && !weights.global;
  if (weights.element == Element::Fp4 && !nvfp4 && !mx)
    return "`fp4` weights are stored with `per = group(16)`, `scale = e4m3` and `global = static`, or with `per = "
           "group(32)` "
           "and `scale = e8m0`";
  if (weights.scale == ScaleType::E8M0 && !mx)
    return "an `e8m0` scale is stored with `fp4` and `fp8` in `per = group(32)` only";
  if (weights.scale == ScaleType::E4M3 && !nvfp4) return "an `e4m3` scale is stored with `fp4` weights only";
  if (weights.global && !nvfp4) return "a global scale is stored with `fp4` weights only";
  if (weights.per == Per::Token || weights.per == Per::Head) return "weights have no tokens or heads";
  if (precision.container == Container::Bytes && weights.element != Element::Int)
    return "`container` is of integer weights";
  return std::nullopt;
}

Encoding plan_encoding(const Precision& precision, int64_t out, int64_t in, Dtype model) {
  LCR_CHECK(!unstorable(precision), "a precision that no container stores reached the encoder");
  const Format& weights = *precision.weights;
  LCR_CHECK(weights.per != Per::Group || (weights.group > 0 && in % weights.group == 0),
            "groups do not divide the inputs");

  Encoding encoding;
  encoding.container = container_of(precision);
  encoding.layout = layout_of(precision);
  encoding.grid = grid_of(weights, out, in);
  encoding.tensors.push_back(codes_of(encoding.layout, weights.bits, out, in));
  const Dims scales = weights.per == Per::Tensor ? Dims{1} : Dims{encoding.grid.rows, encoding.grid.columns};
  encoding.tensors.push_back({Part::Scales, "weight_scale", scale_dtype(weights.scale, model), scales});
  if (weights.element == Element::Int && !weights.symmetric)
    encoding.tensors.push_back(zero_points_of(weights, encoding.layout, scales));
  if (encoding.layout == CodeLayout::Words) encoding.tensors.push_back({Part::Shape, "weight_shape", Dtype::I64, {2}});
  if (weights.global) encoding.tensors.push_back({Part::GlobalScale, "weight_global_scale", Dtype::F32, {1}});
  add_activation(encoding, precision.input, input_names, model);
  add_activation(encoding, precision.output, output_names, model);
  return encoding;
}

}  // namespace lcr
