#include "compiler/check/source_config.h"

#include <algorithm>

namespace lcr {
namespace {

int64_t integer(const Json& args, std::string_view name, int64_t absent) {
  const Json* value = args.find(name);
  return value != nullptr && value->kind == Json::Kind::Integer ? value->integer : absent;
}

// QuantizationArgs as a format; nothing for null and for what the language cannot say.
std::optional<Format> read_format(const Json* args) {
  if (args == nullptr || args->kind != Json::Kind::Object) return std::nullopt;
  Format format;
  format.bits = static_cast<int>(integer(*args, "num_bits", 8));
  if (args->text_of("type") == "float") format.element = format.bits == 4 ? Element::Fp4 : Element::Fp8;
  const std::string_view strategy = args->text_of("strategy");
  if (strategy == "channel") format.per = Per::Channel;
  else if (strategy == "token") format.per = Per::Token;
  else if (strategy == "block") format.per = Per::Block;
  else if (strategy == "attn_head") format.per = Per::Head;
  else if (strategy == "group" || strategy == "tensor_group") format.per = Per::Group;
  format.group = format.per == Per::Group ? integer(*args, "group_size", 0) : 0;
  format.global = strategy == "tensor_group";
  if (const Json* block = args->find("block_structure"); block != nullptr && block->items.size() == 2) {
    format.block_rows = block->items[0].integer;
    format.block_columns = block->items[1].integer;
  }
  const Json* symmetric = args->find("symmetric");
  format.symmetric = symmetric == nullptr || symmetric->kind != Json::Kind::Bool || symmetric->truth;
  const Json* dynamic = args->find("dynamic");
  format.dynamic = dynamic != nullptr && (dynamic->kind == Json::Kind::Text || dynamic->truth);
  // MX formats are told by their groups of 32, also where an old writer left the dtype out.
  const std::string_view scale = args->text_of("scale_dtype");
  if (format.element == Element::Fp4 && format.group == 16) format.scale = ScaleType::E4M3;
  if (format.element != Element::Int && format.group == 32 && (format.element == Element::Fp4 || scale.ends_with("uint8"))) format.scale = ScaleType::E8M0;
  return format;
}

std::optional<Precision> read_precision(const Json& group, std::string_view global_format) {
  Precision precision;
  precision.weights = read_format(group.find("weights"));
  if (!precision.weights) return std::nullopt;
  precision.input = read_format(group.find("input_activations"));
  precision.output = read_format(group.find("output_activations"));
  const std::string_view own = group.text_of("format");
  const std::string_view format = own.empty() ? global_format : own;
  if (precision.weights->element == Element::Int && precision.input) precision.container = format == "pack-quantized" ? Container::Packed : Container::Bytes;
  precision.name = "source";
  return precision;
}

}  // namespace

SourceConfig::SourceConfig(const Json& quantization) {
  const Json* groups = quantization.find("config_groups");
  if (groups == nullptr) return;
  for (const auto& [name, group] : groups->members) {
    Group made;
    made.precision = read_precision(group, quantization.text_of("format"));
    if (const Json* targets = group.find("targets"))
      for (const Json& target : targets->items) {
        const std::string_view text = target.text;
        if (text.starts_with("re:")) made.expressions.push_back(std::make_shared<NameRegex>(text.substr(3), NameRegex::Anchor::Start));
        else if (text == "Linear" || text == "Embedding") made.classes.emplace_back(text);
        else made.names.emplace_back(text);
      }
    groups_.push_back(std::move(made));
  }
}

std::optional<Precision> SourceConfig::precision(std::string_view module, std::string_view class_name) const {
  for (const Group& group : groups_)
    if (std::find(group.names.begin(), group.names.end(), module) != group.names.end()) return group.precision;
  for (const Group& group : groups_)
    for (const auto& expression : group.expressions)
      if (expression->problem().empty() && expression->match(module) == NameRegex::Result::Yes) return group.precision;
  for (const Group& group : groups_)
    if (std::find(group.classes.begin(), group.classes.end(), class_name) != group.classes.end()) return group.precision;
  return std::nullopt;
}

}  // namespace lcr
