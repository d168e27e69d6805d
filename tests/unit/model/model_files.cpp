#include "tests/unit/model/model_files.h"

#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/support/golden.h"

namespace lcr::testing_models {

using nlohmann::json;
namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  static std::atomic<int> made = 0;
  path_ = (fs::temp_directory_path() / ("lcr_model_" + std::to_string(getpid()) + "_" + std::to_string(made++))).string();
  fs::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TemporaryFolder::write(const std::string& file, const std::string& text) const {
  fs::create_directories(fs::path(path_ + "/" + file).parent_path());
  std::ofstream(path_ + "/" + file, std::ios::binary) << text;
}

void TemporaryFolder::write_shard(const std::string& file, const std::string& header, std::optional<uint64_t> length,
                                  std::optional<uint64_t> size) const {
  const uint64_t stated = length.value_or(header.size());
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &stated, 8);
  write(file, bytes + header);
  uint64_t data = 0;
  const json parsed = json::parse(header, nullptr, false);
  if (parsed.is_object()) {
    for (const auto& [name, tensor] : parsed.items())
      if (tensor.is_object() && tensor.contains("data_offsets") && tensor["data_offsets"].is_array())
        data = std::max(data, tensor["data_offsets"].back().get<uint64_t>());
  }
  fs::resize_file(path_ + "/" + file, size.value_or(8 + header.size() + data));
}

void write_checkpoint(const TemporaryFolder& folder, const std::string& config, const std::vector<MadeTensor>& tensors,
                      size_t per_shard) {
  folder.write("config.json", config);
  const size_t shards = (tensors.size() + per_shard - 1) / per_shard;
  json map = json::object();
  for (size_t shard = 0; shard < shards; ++shard) {
    char file[64];
    std::snprintf(file, sizeof file, "model-%05zu-of-%05zu.safetensors", shard + 1, shards);
    json header = json::object();
    int64_t at = 0;
    for (size_t i = shard * per_shard; i < std::min((shard + 1) * per_shard, tensors.size()); ++i) {
      const MadeTensor& tensor = tensors[i];
      const int64_t end = at + elements_of(tensor.shape) * (tensor.f32 ? 4 : 2);
      header[tensor.name] = {{"dtype", tensor.f32 ? "F32" : "BF16"}, {"shape", tensor.shape}, {"data_offsets", {at, end}}};
      map[tensor.name] = file;
      at = end;
    }
    folder.write_shard(file, header.dump(), {}, {});
  }
  folder.write("model.safetensors.index.json", json{{"metadata", json::object()}, {"weight_map", map}}.dump());
}

std::vector<MadeTensor> deepseek_tensors() {
  std::vector<MadeTensor> tensors;
  auto mlp = [&](const std::string& path, int64_t inner) {
    tensors.push_back({path + ".gate_proj.weight", {inner, 7168}});
    tensors.push_back({path + ".up_proj.weight", {inner, 7168}});
    tensors.push_back({path + ".down_proj.weight", {7168, inner}});
  };
  auto layer = [&](int number) {
    const std::string path = "model.layers." + std::to_string(number);
    const std::string attention = path + ".self_attn.";
    tensors.push_back({path + ".input_layernorm.weight", {7168}});
    tensors.push_back({path + ".post_attention_layernorm.weight", {7168}});
    tensors.push_back({attention + "q_a_proj.weight", {1536, 7168}});
    tensors.push_back({attention + "q_a_layernorm.weight", {1536}});
    tensors.push_back({attention + "q_b_proj.weight", {24576, 1536}});
    tensors.push_back({attention + "kv_a_proj_with_mqa.weight", {576, 7168}});
    tensors.push_back({attention + "kv_a_layernorm.weight", {512}});
    tensors.push_back({attention + "kv_b_proj.weight", {32768, 512}});
    tensors.push_back({attention + "o_proj.weight", {7168, 16384}});
    if (number < 3) return mlp(path + ".mlp", 18432);
    tensors.push_back({path + ".mlp.gate.weight", {256, 7168}});
    tensors.push_back({path + ".mlp.gate.e_score_correction_bias", {256}, true});
    for (int expert = 0; expert < 256; ++expert) mlp(path + ".mlp.experts." + std::to_string(expert), 2048);
    mlp(path + ".mlp.shared_experts", 2048);
  };
  tensors.push_back({"model.embed_tokens.weight", {129280, 7168}});
  for (int number = 0; number < 62; ++number) layer(number);
  // The layer behind the last predicts a further token and is only copied.
  for (const char* name : {"enorm.weight", "hnorm.weight", "shared_head.norm.weight"})
    tensors.push_back({std::string("model.layers.61.") + name, {7168}});
  tensors.push_back({"model.layers.61.eh_proj.weight", {7168, 14336}});
  tensors.push_back({"model.layers.61.embed_tokens.weight", {129280, 7168}});
  tensors.push_back({"model.layers.61.shared_head.head.weight", {129280, 7168}});
  tensors.push_back({"model.norm.weight", {7168}});
  tensors.push_back({"lm_head.weight", {129280, 7168}});
  return tensors;
}

std::optional<Checkpoint> edited(const json& edits, Diagnostics& diagnostics) {
  json tree = json::parse(golden::read(golden::path("golden/trees/" + edits.at("tree").get<std::string>() + ".json")));
  json config = json::parse(tree["config"].get<std::string>());
  if (edits.contains("config")) {
    for (const auto& [key, value] : edits["config"].items()) {
      if (value.is_null()) config.erase(key);
      else config[key] = value;
    }
  }
  tree["config"] = edits.contains("config_text") ? edits["config_text"].get<std::string>() : config.dump();
  json tensors = json::array();
  uint64_t at = 0;
  auto add = [&](const json& name, const json& dtype, const json& shape) {
    uint64_t bytes = static_cast<uint64_t>(size_of(dtype_named(dtype.get<std::string>()).value()));
    for (const json& extent : shape) bytes *= extent.get<uint64_t>();
    tensors.push_back({name, dtype, shape, 0, at, at + bytes});
    at += bytes;
  };
  const json removed = edits.value("remove", json::array());
  const json reshaped = edits.value("reshape", json::object()), retyped = edits.value("dtype", json::object());
  for (const json& row : tree["tensors"]) {
    const std::string name = row[0];
    if (std::find(removed.begin(), removed.end(), name) != removed.end()) continue;
    add(name, retyped.value(name, row[1].get<std::string>()), reshaped.contains(name) ? reshaped[name] : row[2]);
  }
  for (const json& row : edits.value("add", json::array())) add(row[0], row[1], row[2]);
  tree["tensors"] = tensors;
  tree["shards"] = json::array({{{"file", "model.safetensors"}, {"bytes", at}, {"data_begin", 0}}});
  TemporaryFolder folder;
  folder.write("tree.json", tree.dump());
  return read_snapshot(folder.path() + "/tree.json", diagnostics);
}

}  // namespace lcr::testing_models
