#include "compiler/check/source_config.h"

#include <algorithm>
#include <tuple>

#include "compiler/model/codecs.h"
#include "compiler/model/source_transforms.h"

namespace lcr {
namespace {

int64_t integer(const Json& args, std::string_view name, int64_t absent) {
  const Json* value = args.find(name);
  return value != nullptr && value->kind == Json::Kind::Integer ? value->integer : absent;
}

bool empty(const Json* value) {
  return value == nullptr || value->kind == Json::Kind::Null ||
         (value->kind == Json::Kind::Object && value->members.empty());
}

Per area_of(const Json& args, int64_t group) {
  const std::string_view strategy = args.text_of("strategy");
  if (strategy == "channel") return Per::Channel;
  if (strategy == "token") return Per::Token;
  if (strategy == "block") return Per::Block;
  if (strategy == "attn_head") return Per::Head;
  if (strategy == "group" || strategy == "tensor_group") return Per::Group;
  if (strategy == "tensor") return Per::Tensor;
  // A missing strategy follows from the size of the groups.
  return group > 0 ? Per::Group : group < 0 ? Per::Channel : Per::Tensor;
}

// Old writers left the dtype of the scales out: four-bit floats in groups of 32 are MXFP4 everywhere, of 16 NVFP4.
ScaleType scale_of(const Json& args, const Format& format) {
  const std::string_view dtype = args.text_of("scale_dtype");
  const bool grouped = format.per == Per::Group, small = format.element == Element::Fp4;
  if (dtype.ends_with("uint8") || (small && grouped && format.group == 32)) return ScaleType::E8M0;
  if (dtype.ends_with("float8_e4m3fn") || format.global || (small && grouped && format.group == 16))
    return ScaleType::E4M3;
  return ScaleType::Model;
}

// QuantizationArgs as a format; nothing for null and for what the language cannot say.
std::optional<Format> read_format(const Json* args) {
  if (args == nullptr || args->kind != Json::Kind::Object) return std::nullopt;
  Format format;
  format.bits = static_cast<int>(integer(*args, "num_bits", 8));
  const std::string_view type = args->text_of("type");
  if (type == "float" || type == "FLOAT") format.element = format.bits == 4 ? Element::Fp4 : Element::Fp8;
  const int64_t group = integer(*args, "group_size", 0);
  format.per = area_of(*args, group);
  format.group = format.per == Per::Group ? group : 0;
  format.global = args->text_of("strategy") == "tensor_group";
  const Json* block = args->find("block_structure");
  if (format.per == Per::Block && block != nullptr && block->items.size() == 2) {
    format.block_rows = block->items[0].integer;
    format.block_columns = block->items[1].integer;
  }
  const Json* symmetric = args->find("symmetric");
  format.symmetric = symmetric == nullptr || symmetric->kind != Json::Kind::Bool || symmetric->truth;
  // "local": of the groups, below a scale of the tensor that is known.
  const Json* dynamic = args->find("dynamic");
  format.dynamic = dynamic != nullptr && (dynamic->kind == Json::Kind::Text || dynamic->truth);
  format.scale = scale_of(*args, format);
  return format;
}

std::optional<Carried> read_group(const Json& group, std::string_view global_format) {
  Carried carried;
  Precision& precision = carried.precision;
  precision.weights = read_format(group.find("weights"));
  if (!precision.weights) return std::nullopt;
  precision.input = read_format(group.find("input_activations"));
  precision.output = read_format(group.find("output_activations"));
  const std::string_view own = group.text_of("format");
  carried.format = own.empty() ? global_format : own;
  if (carried.format == "mixed-precision") carried.format.clear();
  if (precision.weights->element == Element::Int && precision.input)
    precision.container = carried.format == "pack-quantized" ? Container::Packed : Container::Bytes;
  return carried;
}

// One target, the class of the attentions: how servers, too, tell such a group from one of linears.
bool is_attention(const Json& group) {
  const Json* targets = group.find("targets");
  return targets != nullptr && targets->items.size() == 1 && targets->items[0].text.ends_with("Attention");
}

// Blocks with their own scale; readers quantize the input in groups as wide as a block.
std::optional<Carried> read_fp8_blocks(const Json* quantization) {
  if (quantization != nullptr && quantization->text_of("activation_scheme") == "static") return std::nullopt;
  Carried carried;
  carried.precision.name = "FP8_BLOCK";
  Format& weights = carried.precision.weights.emplace();
  weights.element = Element::Fp8;
  weights.per = Per::Block;
  weights.block_rows = weights.block_columns = 128;
  const Json* size = quantization == nullptr ? nullptr : quantization->find("weight_block_size");
  if (size != nullptr && size->items.size() == 2) {
    weights.block_rows = size->items[0].integer;
    weights.block_columns = size->items[1].integer;
  }
  Format& input = carried.precision.input.emplace();
  input.element = Element::Fp8;
  input.per = Per::Group;
  input.group = weights.block_columns;
  input.dynamic = true;
  return carried;
}

}  // namespace

SourceConfig::SourceConfig(const Checkpoint& checkpoint) {
  const std::optional<Json> config = parse_json(checkpoint.config_text);
  const Json* quantization = config ? quantization_of(*config) : nullptr;
  fp8_blocks_ = read_fp8_blocks(quantization);
  if (quantization == nullptr) return;
  // A transform that readers have no part in has become the weights.
  formats_alone_ = empty(quantization->find("kv_cache_scheme")) && !rotates_at_run_time(source_transforms(*config)) &&
                   empty(quantization->find("sparsity_config"));
  cache_ = read_format(quantization->find("kv_cache_scheme"));
  read_groups(*quantization);
}

void SourceConfig::read_groups(const Json& quantization) {
  const Json* groups = quantization.find("config_groups");
  if (groups == nullptr) return;
  for (const auto& [name, group] : groups->members) {
    if (is_attention(group)) {
      queries_ = read_format(group.find("input_activations"));
      formats_alone_ = false;
      continue;
    }
    groups_.push_back(read_group(group, quantization.text_of("format")));
    if (const Json* targets = group.find("targets"))
      for (const Json& target : targets->items) add_target(target.text, groups_.size() - 1);
  }
  std::stable_sort(targets_.begin(), targets_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.rank, a.first.text) < std::tie(b.first.rank, b.first.text);
  });
}

void SourceConfig::add_target(const std::string& text, size_t group) {
  ConfigTarget target(text);
  if (target.readable()) targets_.emplace_back(std::move(target), group);
  else if (unreadable_.empty()) unreadable_ = text;
}

const Carried* SourceConfig::of(const Module& module) const {
  const auto said = [](const std::optional<Carried>& carried) { return carried ? &*carried : nullptr; };
  const auto codec = static_cast<TensorView::Codec>(module.source_codec);
  if (codec == TensorView::Codec::Fp8Block) return said(fp8_blocks_);
  if (codec != TensorView::Codec::CompressedTensors) return nullptr;
  const std::string_view class_name = module.kind == ModuleKind::Embedding ? "Embedding" : "Linear";
  for (const auto& [target, group] : targets_)
    if (target.matches(module.path, class_name)) return said(groups_[group]);
  return nullptr;
}

}  // namespace lcr
