#include "tests/parity/made_model.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/parity/reference.h"

namespace lcr {
namespace {

std::vector<MadeTensor> of_all_layers(const std::vector<MadeTensor>& tensors) {
  std::vector<MadeTensor> all;
  for (const MadeTensor& tensor : tensors) {
    const size_t at = tensor.name.find("{i}");
    for (int layer = 0; layer < (at == std::string::npos ? 1 : 2); ++layer) {
      std::string name = tensor.name;
      if (at != std::string::npos) name.replace(at, 3, std::to_string(layer));
      all.push_back({name, tensor.shape});
    }
  }
  return all;
}

void write_weights(const std::string& file, const std::vector<MadeTensor>& tensors) {
  auto random = at::detail::createCPUGenerator(13);
  std::string header, data;
  for (const MadeTensor& tensor : tensors) {
    at::Tensor values = at::randn(tensor.shape, random, at::TensorOptions(at::kFloat)) * 0.3;
    if (tensor.name.ends_with("norm.weight")) values += 1;
    const size_t begin = data.size();
    data.append(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
    header += fmt::format("{}\"{}\":{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", header.empty() ? "{" : ",",
                          tensor.name, fmt::join(tensor.shape, ","), begin, data.size());
  }
  header += "}";
  const uint64_t length = header.size();
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&length), sizeof length);
  out << header << data;
}

}  // namespace

std::unique_ptr<ParityModel> make_model(const std::string& name, const std::string& keys,
                                        const std::vector<MadeTensor>& tensors) {
  const std::string folder = testing::TempDir() + "lcr_made_" + name;
  std::filesystem::create_directories(folder);
  std::string class_name = name;
  class_name[0] = static_cast<char>(class_name[0] - 'a' + 'A');
  std::ofstream(folder + "/config.json")
      << fmt::format("{{\"architectures\":[\"{}ForCausalLM\"],\"model_type\":\"{}\",\"dtype\":\"float32\","
                     "\"hidden_size\":32,\"num_attention_heads\":4,\"num_key_value_heads\":2,\"intermediate_size\":48,"
                     "\"num_hidden_layers\":2,\"vocab_size\":64,\"max_position_embeddings\":64{}}}",
                     class_name, name, keys);
  write_weights(folder + "/model.safetensors", of_all_layers(tensors));
  at::Tensor ids = at::arange(2 * 24).view({2, 24});
  return load(folder, parity_folder() + "/architectures/" + name + ".lcr", ids);
}

}  // namespace lcr
