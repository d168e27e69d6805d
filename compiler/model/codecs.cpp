#include "compiler/model/codecs.h"

#include <fmt/format.h>

namespace lcr {
namespace {

// Read to decode the weight, after its codes and in this order.
constexpr std::string_view parts[] = {"weight_scale", "weight_zero_point", "weight_global_scale", "weight_shape",
                                      "weight_g_idx"};
// Belong to the activations of a quantized module.
constexpr std::string_view activations[] = {"input_scale",  "input_zero_point",  "input_global_scale",
                                            "output_scale", "output_zero_point", "output_global_scale"};

bool coded(Dtype dtype) { return dtype == Dtype::F8E4M3 || dtype == Dtype::F8E5M2 || dtype == Dtype::I8; }

int64_t blocks(int64_t size, int64_t block) { return (size + block - 1) / block; }

}  // namespace

Codecs::Codecs(const Json& config, const Checkpoint& checkpoint, Dtype model) : checkpoint_(checkpoint), model_(model) {
  const Json* quantization = config.find("quantization_config");
  const Json* block = quantization ? quantization->find("weight_block_size") : nullptr;
  if (!block || block->items.size() != 2 || block->items[0].integer < 1 || block->items[1].integer < 1) return;
  block_rows_ = block->items[0].integer;
  block_columns_ = block->items[1].integer;
}

std::optional<StoredWeight> Codecs::weight(const std::string& module, int64_t stored, const Dims& declared) const {
  StoredWeight found;
  found.view.dtype = model_;
  if (stored >= 0) {
    const StoredTensor& tensor = checkpoint_.tensors[static_cast<size_t>(stored)];
    found.view.sources.push_back(static_cast<uint32_t>(stored));
    if (!coded(tensor.dtype)) {
      found.view.dtype = tensor.dtype;
      return found;
    }
    const int64_t inverse = checkpoint_.find(module + ".weight_scale_inv");
    if (inverse >= 0) {
      found.view.codec = TensorView::Codec::Fp8Block;
      found.view.sources.push_back(static_cast<uint32_t>(inverse));
      check_blocks(found, declared);
      return found;
    }
  } else {
    const int64_t packed = checkpoint_.find(module + ".weight_packed");
    if (packed < 0) return std::nullopt;
    found.view.sources.push_back(static_cast<uint32_t>(packed));
  }
  found.view.codec = TensorView::Codec::CompressedTensors;
  add_parts(module, found);
  check_compressed(found, declared);
  return found;
}

void Codecs::add_parts(const std::string& module, StoredWeight& found) const {
  for (std::string_view part : parts) {
    const int64_t tensor = checkpoint_.find(fmt::format("{}.{}", module, part));
    if (tensor >= 0) found.view.sources.push_back(static_cast<uint32_t>(tensor));
  }
  for (std::string_view part : activations) {
    const int64_t tensor = checkpoint_.find(fmt::format("{}.{}", module, part));
    if (tensor >= 0) found.companions.push_back(static_cast<uint32_t>(tensor));
  }
}

void Codecs::check_blocks(StoredWeight& found, const Dims& declared) const {
  const StoredTensor& codes = checkpoint_.tensors[found.view.sources[0]];
  const StoredTensor& scales = checkpoint_.tensors[found.view.sources[1]];
  if (codes.shape != declared || declared.size() != 2) return;  // the shape is reported as that of any tensor
  const Dims wanted{blocks(declared[0], block_rows_), blocks(declared[1], block_columns_)};
  if (scales.shape == wanted && is_float(scales.dtype)) return;
  found.problem = fmt::format("its scales `{}` are {} [{}], blocks of {} x {} need [{}]", scales.name,
                              name_of(scales.dtype), fmt::join(scales.shape, ", "), block_rows_, block_columns_,
                              fmt::join(wanted, ", "));
}

void Codecs::check_compressed(StoredWeight& found, const Dims& declared) const {
  const StoredTensor& codes = checkpoint_.tensors[found.view.sources[0]];
  if (found.view.sources.size() < 2 || !checkpoint_.tensors[found.view.sources[1]].name.ends_with(".weight_scale")) {
    found.problem = fmt::format("it is {} and has no scales beside it", name_of(codes.dtype));
    return;
  }
  if (declared.size() != 2 || codes.shape.size() != 2) {
    found.problem = "it is no matrix";
    return;
  }
  bool fits = codes.shape[0] == declared[0];
  const int64_t columns = codes.shape[1], in = declared[1];
  if (codes.dtype == Dtype::I32) {
    bool packed = false;
    for (int64_t bits = 1; bits <= 8; ++bits) packed |= columns == blocks(in * bits, 32);
    fits &= packed;
  } else {
    fits &= columns == (codes.dtype == Dtype::U8 ? blocks(in, 2) : in);
  }
  if (!fits) {
    found.problem = fmt::format("`{}` is {} [{}], which holds no {} x {} weights", codes.name, name_of(codes.dtype),
                                fmt::join(codes.shape, ", "), declared[0], declared[1]);
  }
}

std::vector<uint32_t> Codecs::cache_scales(const std::string& block) const {
  std::vector<uint32_t> found;
  for (std::string_view point : {"k", "v", "q"}) {
    for (std::string_view what : {"scale", "zero_point"}) {
      const int64_t tensor = checkpoint_.find(fmt::format("{}.{}_{}", block, point, what));
      if (tensor >= 0) found.push_back(static_cast<uint32_t>(tensor));
    }
  }
  return found;
}

}  // namespace lcr
