#include "backend/forward/source_formats.h"

#include <algorithm>
#include <string_view>

#include <simdjson.h>

#include "backend/forward/target.h"

namespace lcr {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

std::string_view text(const object& args, const char* key) {
  std::string_view value;
  return args[key].get(value) == simdjson::SUCCESS ? value : std::string_view{};
}

int64_t number(const object& args, const char* key, int64_t otherwise) {
  int64_t value;
  return args[key].get(value) == simdjson::SUCCESS ? value : otherwise;
}

bool flag(const object& args, const char* key, bool otherwise) {
  bool value;
  return args[key].get(value) == simdjson::SUCCESS ? value : otherwise;
}

Per area_of(const object& args) {
  std::string_view strategy = text(args, "strategy");
  if (strategy == "channel") return Per::Channel;
  if (strategy == "token") return Per::Token;
  if (strategy == "group" || strategy == "tensor_group") return Per::Group;
  if (strategy == "block") return Per::Block;
  if (strategy == "attn_head") return Per::Head;
  if (strategy == "tensor") return Per::Tensor;
  // A missing strategy follows from the group size.
  int64_t group = number(args, "group_size", 0);
  return group > 0 ? Per::Group : group < 0 ? Per::Channel : Per::Tensor;
}

ScaleType scale_of(const object& args, const Format& format) {
  std::string_view dtype = text(args, "scale_dtype");
  if (dtype.ends_with("float8_e4m3fn")) return ScaleType::E4M3;
  // Older configs do not say it; four-bit floats in groups of 32 are MXFP4 everywhere, of 16 NVFP4.
  bool mx = format.element == Element::Fp4 && format.per == Per::Group && format.group == 32;
  if (dtype.ends_with("uint8") || mx) return ScaleType::E8M0;
  return text(args, "strategy") == "tensor_group" ? ScaleType::E4M3 : ScaleType::Model;
}

// QuantizationArgs of compressed-tensors.
Format format_of(const object& args) {
  Format format;
  format.bits = static_cast<int>(number(args, "num_bits", 8));
  bool real = text(args, "type") == "float" || text(args, "type") == "FLOAT";
  format.element = !real ? Element::Int : format.bits == 4 ? Element::Fp4 : Element::Fp8;
  format.per = area_of(args);
  if (format.per == Per::Group) format.group = number(args, "group_size", 0);
  format.symmetric = flag(args, "symmetric", true);
  format.dynamic = flag(args, "dynamic", false) || text(args, "dynamic") == "local";
  format.global = text(args, "strategy") == "tensor_group";
  simdjson::dom::array block;
  if (format.per == Per::Block && args["block_structure"].get(block) == simdjson::SUCCESS && block.size() == 2) {
    format.block_rows = block.at(0).get_int64();
    format.block_columns = block.at(1).get_int64();
  }
  format.scale = scale_of(args, format);
  return format;
}

std::vector<std::string> names(const simdjson::simdjson_result<element>& list) {
  std::vector<std::string> result;
  simdjson::dom::array array;
  if (list.get(array) != simdjson::SUCCESS) return result;
  for (element entry : array)
    if (std::string_view name; entry.get(name) == simdjson::SUCCESS) result.emplace_back(name);
  return result;
}

Precision precision_of(const object& group) {
  Precision precision;
  object args;
  if (group["weights"].get(args) == simdjson::SUCCESS) precision.weights = format_of(args);
  if (group["input_activations"].get(args) == simdjson::SUCCESS) precision.input = format_of(args);
  if (group["output_activations"].get(args) == simdjson::SUCCESS) precision.output = format_of(args);
  return precision;
}

// Best target first.
std::vector<std::pair<Target, Precision>> groups_of(const object& groups, Diagnostics& diagnostics) {
  std::vector<std::pair<Target, Precision>> targets;
  for (auto [name, value] : groups) {
    object group;
    if (value.get(group) != simdjson::SUCCESS) continue;
    Precision precision = precision_of(group);
    precision.name = std::string(name);
    for (const std::string& target : names(group["targets"])) {
      if (auto made = Target::make(target, diagnostics)) targets.emplace_back(std::move(*made), precision);
    }
  }
  std::stable_sort(targets.begin(), targets.end(),
                   [](const auto& a, const auto& b) { return a.first.rank() < b.first.rank(); });
  return targets;
}

}  // namespace

SourceFormats read_source_formats(const Checkpoint& checkpoint, const ModelGraph& graph, Diagnostics& diagnostics) {
  SourceFormats formats;
  simdjson::dom::parser parser;
  element root;
  object config;
  if (parser.parse(checkpoint.config_text).get(root) != simdjson::SUCCESS) return formats;
  if (root["quantization_config"].get(config) != simdjson::SUCCESS) return formats;
  object groups;
  if (config["config_groups"].get(groups) != simdjson::SUCCESS) return formats;

  auto targets = groups_of(groups, diagnostics);
  std::vector<Target> ignored;
  for (const std::string& name : names(config["ignore"]))
    if (auto target = Target::make(name, diagnostics)) ignored.push_back(std::move(*target));
  for (uint32_t i = 0; i < graph.modules.size(); ++i) {
    const Module& module = graph.modules[i];
    if (module.kind != ModuleKind::Linear && module.kind != ModuleKind::Embedding) continue;
    auto matches = [&](const Target& target) { return target.matches(module); };
    if (std::any_of(ignored.begin(), ignored.end(), matches)) continue;
    for (const auto& [target, precision] : targets) {
      if (!target.matches(module)) continue;
      formats.emplace(i, precision);
      break;
    }
  }
  return formats;
}

}  // namespace lcr
