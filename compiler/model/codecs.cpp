#include "compiler/model/codecs.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace lcr {
namespace {

// Read to decode the weight, after its codes and in this order.
constexpr std::string_view parts[] = {"weight_scale", "weight_zero_point", "weight_global_scale", "weight_shape"};
// Belong to the activations of a quantized module.
constexpr std::string_view activations[] = {"input_scale",  "input_zero_point",  "input_global_scale",
                                            "output_scale", "output_zero_point", "output_global_scale"};
// Says which column belongs to which group, where the groups are no neighbours.
constexpr std::string_view permutation = "weight_g_idx";

bool coded(Dtype dtype) { return dtype == Dtype::F8E4M3 || dtype == Dtype::F8E5M2 || dtype == Dtype::I8; }

bool holds_scales(Dtype dtype) {
  return dtype == Dtype::F32 || dtype == Dtype::BF16 || dtype == Dtype::F16 || dtype == Dtype::F8E4M3 ||
         dtype == Dtype::F8E8M0 || dtype == Dtype::U8;
}

int64_t blocks(int64_t size, int64_t block) { return (size + block - 1) / block; }

// Two whole numbers above 0.
std::optional<std::pair<int64_t, int64_t>> block_of(const Json* list) {
  if (list == nullptr || list->items.size() != 2) return std::nullopt;
  const int64_t rows = list->items[0].integer, columns = list->items[1].integer;
  if (rows < 1 || columns < 1) return std::nullopt;
  return std::pair(rows, columns);
}

std::string text_of(const StoredTensor& tensor) {
  return fmt::format("{} [{}]", name_of(tensor.dtype), fmt::join(tensor.shape, ", "));
}

}  // namespace

const Json* quantization_of(const Json& config) {
  for (const char* key : {"quantization_config", "compression_config"})
    if (const Json* found = config.find(key); found != nullptr && found->kind == Json::Kind::Object) return found;
  const Json* text = config.find("text_config");
  const Json* found = text == nullptr ? nullptr : text->find("quantization_config");
  return found != nullptr && found->kind == Json::Kind::Object ? found : nullptr;
}

Codecs::Codecs(const Json& config, const Checkpoint& checkpoint, Dtype model) : checkpoint_(checkpoint), model_(model) {
  const Json* quantization = quantization_of(config);
  if (quantization == nullptr) return;
  if (const auto block = block_of(quantization->find("weight_block_size"))) fp8_block_ = *block;
  static_inputs_ = quantization->text_of("activation_scheme") == "static";
  const Json* groups = quantization->find("config_groups");
  if (groups == nullptr) return;
  for (const auto& [name, group] : groups->members) {
    const Json* weights = group.find("weights");
    if (weights == nullptr) continue;
    if (const auto block = block_of(weights->find("block_structure"))) blocks_.push_back(*block);
    if (const Json* bits = weights->find("num_bits"); bits != nullptr && bits->kind == Json::Kind::Integer)
      bits_.push_back(bits->integer);
  }
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
      found.problem = check_blocks(found.view, declared);
      add_parts(module, found.view);
      return found;
    }
  } else {
    const int64_t packed = checkpoint_.find(module + ".weight_packed");
    if (packed < 0) return std::nullopt;
    found.view.sources.push_back(static_cast<uint32_t>(packed));
  }
  found.view.codec = TensorView::Codec::CompressedTensors;
  add_parts(module, found.view);
  found.problem = check_compressed(found.view, declared);
  return found;
}

std::optional<StoredWeight> Codecs::undeclared_weight(const std::string& module, Dims& shape) const {
  const int64_t stored = checkpoint_.find(module + ".weight");
  const int64_t codes = stored >= 0 ? stored : checkpoint_.find(module + ".weight_packed");
  if (codes < 0) return std::nullopt;
  const StoredTensor& tensor = checkpoint_.tensors[static_cast<size_t>(codes)];
  if (tensor.shape.size() != 2) return std::nullopt;
  shape = tensor.shape;
  if (tensor.dtype == Dtype::U8) shape[1] *= 2;
  // Without groups that all agree the number of packed columns stays open.
  if (tensor.dtype == Dtype::I32) {
    const bool open =
        bits_.empty() || bits_[0] < 1 || std::count(bits_.begin(), bits_.end(), bits_[0]) != int64_t(bits_.size());
    if (open) return std::nullopt;
    shape[1] = shape[1] * 32 / bits_[0];
  }
  auto found = weight(module, stored, shape);
  if (!found || found->view.codec == TensorView::Codec::None || !found->problem.empty()) return std::nullopt;
  return found;
}

void Codecs::add_parts(const std::string& module, TensorView& view) const {
  const auto add = [&](std::string_view part) {
    const int64_t tensor = checkpoint_.find(fmt::format("{}.{}", module, part));
    if (tensor >= 0) view.sources.push_back(static_cast<uint32_t>(tensor));
  };
  if (view.codec == TensorView::Codec::CompressedTensors) {
    for (std::string_view part : parts) add(part);
    add(permutation);
  }
  if (view.codec == TensorView::Codec::CompressedTensors || static_inputs_)
    for (std::string_view part : activations) add(part);
}

std::string Codecs::check_blocks(TensorView& view, const Dims& declared) const {
  const StoredTensor& codes = checkpoint_.tensors[view.sources[0]];
  const StoredTensor& scales = checkpoint_.tensors[view.sources[1]];
  if (codes.shape != declared || declared.size() != 2) return {};  // the shape is reported as that of any tensor
  std::tie(view.block_rows, view.block_columns) = fp8_block_;
  const Dims wanted{blocks(declared[0], view.block_rows), blocks(declared[1], view.block_columns)};
  if (codes.dtype != Dtype::F8E4M3)
    return fmt::format("it is {}, and blocks with scales hold F8_E4M3", name_of(codes.dtype));
  if (scales.shape == wanted && holds_scales(scales.dtype)) return {};
  return fmt::format("its scales `{}` are {}, blocks of {} x {} need [{}]", scales.name, text_of(scales),
                     view.block_rows, view.block_columns, fmt::join(wanted, ", "));
}

// The bits whose dense stream of `in` codes takes so many words; of several, in narrow rows, what a group names.
bool Codecs::find_bits(TensorView& view, int64_t in, int64_t words) const {
  std::vector<int> fitting;
  for (int bits = 1; bits <= 8; ++bits)
    if (words == blocks(in * bits, 32)) fitting.push_back(bits);
  for (int bits : fitting)
    if (std::find(bits_.begin(), bits_.end(), bits) != bits_.end()) view.bits = bits;
  if (view.bits == 0 && !fitting.empty()) view.bits = fitting[0];
  return view.bits > 0;
}

std::string Codecs::check_compressed(TensorView& view, const Dims& declared) const {
  const StoredTensor& codes = checkpoint_.tensors[view.sources[0]];
  if (view.sources.size() < 2 || !checkpoint_.tensors[view.sources[1]].name.ends_with(".weight_scale"))
    return fmt::format("it is {} and has no scales beside it", name_of(codes.dtype));
  if (declared.size() != 2 || codes.shape.size() != 2) return "it is no matrix";
  const int64_t columns = codes.shape[1], in = declared[1];
  bool fits = codes.shape[0] == declared[0];
  switch (codes.dtype) {
    case Dtype::I32: fits &= find_bits(view, in, columns); break;
    case Dtype::U8: fits &= columns == blocks(in, 2); break;
    case Dtype::I8:
    case Dtype::F8E4M3: fits &= columns == in; break;
    default: return fmt::format("`{}` is {}, in which no format stores codes", codes.name, name_of(codes.dtype));
  }
  if (!fits)
    return fmt::format("`{}` is {}, which holds no {} x {} weights", codes.name, text_of(codes), declared[0], in);
  const auto permuted = std::find_if(view.sources.begin(), view.sources.end(), [&](uint32_t source) {
    return checkpoint_.tensors[source].name.ends_with(permutation);
  });
  if (permuted != view.sources.end())
    return fmt::format("`{}` gives its columns to groups in an order of their own",
                       checkpoint_.tensors[*permuted].name);
  for (uint32_t source : view.sources) {
    const StoredTensor& part = checkpoint_.tensors[source];
    const bool points = part.name.ends_with(".weight_zero_point"), global = part.name.ends_with(".weight_global_scale");
    if ((points && part.dtype != Dtype::I8 && !(part.dtype == Dtype::I32 && codes.dtype == Dtype::I32)) ||
        (global && (part.dtype != Dtype::F32 || part.bytes() != sizeof(float))))
      return fmt::format("`{}` is {}, which no format stores", part.name, text_of(part));
  }
  return check_scales(view, declared);
}

// One scale for all, a row, a group of neighbours of a row, or a block that a group of the configuration names.
std::string Codecs::check_scales(TensorView& view, const Dims& declared) const {
  const StoredTensor& codes = checkpoint_.tensors[view.sources[0]];
  const StoredTensor& scales = checkpoint_.tensors[view.sources[1]];
  const bool small = size_of(scales.dtype) == 1;
  const bool known = holds_scales(scales.dtype) && (small || codes.dtype != Dtype::U8);
  const int64_t rows = scales.shape.empty() ? 1 : scales.shape[0],
                columns = scales.shape.size() < 2 ? 1 : scales.shape[1];
  const auto problem = [&] {
    return fmt::format("its scales `{}` are {}, which fit no {} x {} weights in {}", scales.name, text_of(scales),
                       declared[0], declared[1], name_of(codes.dtype));
  };
  if (!known || scales.shape.size() > 2 || rows < 1 || columns < 1) return problem();
  if (rows == 1 && columns == 1) return {};
  if (rows == declared[0] && declared[1] % columns == 0) return {};
  for (const auto& [block_rows, block_columns] : blocks_) {
    if (blocks(declared[0], block_rows) != rows || blocks(declared[1], block_columns) != columns) continue;
    const bool other =
        view.block_rows != 0 && std::pair(view.block_rows, view.block_columns) != std::pair(block_rows, block_columns);
    if (other)
      return fmt::format("its scales `{}` are {}, which fit blocks of {} x {} and of {} x {}", scales.name,
                         text_of(scales), view.block_rows, view.block_columns, block_rows, block_columns);
    std::tie(view.block_rows, view.block_columns) = std::pair(block_rows, block_columns);
  }
  return view.block_rows != 0 ? std::string() : problem();
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
