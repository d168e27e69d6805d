#include "backend/export/quantization_config.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace lcr {

namespace {

using nlohmann::ordered_json;

const char* strategy_of(const Format& format) {
  switch (format.per) {
    case Per::Tensor: return "tensor";
    case Per::Channel: return "channel";
    case Per::Token: return "token";
    case Per::Head: return "attn_head";
    case Per::Group: return format.global ? "tensor_group" : "group";
    case Per::Block: return "block";
  }
  return "";
}

// QuantizationArgs. Integer and plain fp8 formats say nothing of `scale_dtype`: readers before 0.13 refuse the key.
ordered_json arguments_of(const Format& format) {
  ordered_json args;
  args["num_bits"] = format.bits;
  args["type"] = format.element == Element::Int ? "int" : "float";
  args["symmetric"] = format.symmetric;
  args["strategy"] = strategy_of(format);
  args["group_size"] = format.per == Per::Group ? ordered_json(format.group) : ordered_json();
  if (format.per == Per::Block) args["block_structure"] = {format.block_rows, format.block_columns};
  // "local": the scale of the tensor is static, those of the groups come at run time.
  args["dynamic"] = format.dynamic && format.global ? ordered_json("local") : ordered_json(format.dynamic);
  if (format.scale == ScaleType::E8M0) args["scale_dtype"] = "torch.uint8";
  if (format.scale == ScaleType::E4M3) args["scale_dtype"] = "torch.float8_e4m3fn";
  return args;
}

ordered_json optional_arguments(const std::optional<Format>& format) {
  return format ? arguments_of(*format) : ordered_json();
}

ordered_json groups_of(const Plan& plan, const PlannedExport& exported) {
  ordered_json groups = ordered_json::object();
  for (size_t i = 0; i < exported.groups.size(); ++i) {
    const ConfigGroupText& group = exported.groups[i];
    const Precision& precision = plan.precisions.at(group.precision);
    ordered_json entry;
    entry["targets"] = group.targets;
    entry["weights"] = optional_arguments(precision.weights);
    entry["input_activations"] = optional_arguments(precision.input);
    entry["output_activations"] = optional_arguments(precision.output);
    entry["format"] = group.format;
    groups["group_" + std::to_string(i)] = std::move(entry);
  }
  // A group of nothing but the class of the attentions: what its inputs are is said of the queries.
  if (!exported.queries.empty()) {
    ordered_json entry;
    entry["targets"] = {exported.attention};
    entry["weights"] = nullptr;
    entry["input_activations"] = arguments_of(plan.caches.at(exported.queries).format);
    entry["output_activations"] = nullptr;
    entry["format"] = nullptr;
    groups["group_" + std::to_string(exported.groups.size())] = std::move(entry);
  }
  return groups;
}

bool at_run_time(const TransformGroupText& group) {
  return std::any_of(group.apply.begin(), group.apply.end(), [](const TransformGroupText::Apply& one) {
    return !one.location.starts_with("weight_");
  });
}

// Rotations that went into weights say nothing to a server; LLM Compressor records them too.
ordered_json transform_config(const PlannedExport& exported) {
  ordered_json config = ordered_json::object();
  for (const TransformGroupText& group : exported.transforms) {
    ordered_json entry;
    entry["type"] = group.type;
    entry["apply"] = ordered_json::array();
    for (const TransformGroupText::Apply& one : group.apply)
      entry["apply"].push_back({{"targets", one.targets}, {"location", one.location}, {"inverse", one.inverse},
                                {"ignore", ordered_json::array()}});
    entry["randomize"] = false;
    entry["requires_grad"] = false;
    entry["head_dim"] = group.head_dim != 0 ? ordered_json(group.head_dim) : ordered_json();
    entry["precision"] = at_run_time(group) ? "torch.float32" : "torch.float64";
    config["config_groups"][group.name] = std::move(entry);
  }
  return config;
}

ordered_json quantization_config(const Plan& plan, const PlannedExport& exported) {
  ordered_json config;
  config["quant_method"] = "compressed-tensors";
  config["format"] = exported.config_format;
  config["quantization_status"] = "compressed";
  config["config_groups"] = groups_of(plan, exported);
  config["ignore"] = exported.ignore;
  config["kv_cache_scheme"] =
      exported.cache.empty() ? ordered_json() : arguments_of(plan.caches.at(exported.cache).format);
  config["global_compression_ratio"] = nullptr;
  config["sparsity_config"] = ordered_json::object();
  config["transform_config"] = transform_config(exported);
  return config;
}

// Groups of the source's transform_config that went into its weights: they are in what is made of these, too.
ordered_json folded_before(const ordered_json& config) {
  ordered_json groups = ordered_json::object();
  for (const char* at : {"/quantization_config", "/text_config/quantization_config"}) {
    const ordered_json::json_pointer place(std::string(at) + "/transform_config/config_groups");
    if (!config.contains(place) || !config[place].is_object()) continue;
    for (const auto& [name, group] : config[place].items()) {
      const bool described = group.is_object() && group.contains("apply") && group["apply"].is_array();
      if (!described) continue;
      const bool folded = std::all_of(group["apply"].begin(), group["apply"].end(), [](const ordered_json& one) {
        return one.is_object() && one.contains("location") && one["location"].is_string() &&
               one["location"].get<std::string>().starts_with("weight_");
      });
      if (folded) groups[name] = group;
    }
  }
  return groups;
}

// A group keeps its name unless the export has one of that name.
void add_folded(const ordered_json& groups, ordered_json& transform_config) {
  for (const auto& [name, group] : groups.items()) {
    ordered_json& known = transform_config["config_groups"];
    std::string free = name;
    for (int number = 2; known.contains(free); ++number) free = name + "_" + std::to_string(number);
    known[free] = group;
  }
}

void set_dtype(ordered_json& config, const std::string& dtype) {
  const std::string name = dtype == "bf16" ? "bfloat16" : dtype == "f16" ? "float16" : "float32";
  bool found = false;
  for (const char* key : {"dtype", "torch_dtype"}) {
    if (config.contains(key)) {
      config[key] = name;
      found = true;
    }
  }
  if (!found) config["dtype"] = name;
}

void erase_quantization(ordered_json& config) {
  config.erase("quantization_config");
  config.erase("compression_config");
  if (config.contains("text_config") && config["text_config"].is_object())
    config["text_config"].erase("quantization_config");
}

}  // namespace

std::string exported_config(const std::string& source_config, const Plan& plan, const PlannedExport& exported) {
  ordered_json config = ordered_json::parse(source_config);
  const ordered_json folded = folded_before(config);
  if (exported.config_format != source_config_format) erase_quantization(config);
  if (!plan.untied.empty()) {
    config["tie_word_embeddings"] = false;
    if (config.contains("text_config") && config["text_config"].contains("tie_word_embeddings")) {
      config["text_config"]["tie_word_embeddings"] = false;
    }
  }
  if (!exported.dtype.empty()) set_dtype(config, exported.dtype);
  const bool says_something = !exported.groups.empty() || !exported.cache.empty() || !exported.transforms.empty();
  if (exported.format == "compressed_tensors" && says_something) {
    config["quantization_config"] = quantization_config(plan, exported);
    add_folded(folded, config["quantization_config"]["transform_config"]);
  }
  return config.dump(2) + "\n";
}

}  // namespace lcr
