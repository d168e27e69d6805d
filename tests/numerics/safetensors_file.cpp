#include "safetensors_file.h"

#include <simdjson.h>

#include <cstring>
#include <fstream>
#include <iterator>

namespace lcr::tests {

std::map<std::string, SmallTensor> read_safetensors(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(file)), {});
  uint64_t length = 0;
  if (all.size() < 8) throw std::runtime_error("cannot read " + path);
  std::memcpy(&length, all.data(), 8);
  simdjson::dom::parser parser;
  const simdjson::dom::object header = parser.parse(simdjson::padded_string(all.substr(8, length))).get_object();
  std::map<std::string, SmallTensor> tensors;
  for (const auto& [name, value] : header) {
    if (name == "__metadata__") continue;
    SmallTensor tensor;
    tensor.dtype = std::string(std::string_view(value["dtype"]));
    for (int64_t extent : simdjson::dom::array(value["shape"])) tensor.shape.push_back(extent);
    const simdjson::dom::array offsets = value["data_offsets"];
    const uint64_t begin = offsets.at(0), end = offsets.at(1);
    tensor.bytes.assign(all.begin() + static_cast<std::ptrdiff_t>(8 + length + begin),
                        all.begin() + static_cast<std::ptrdiff_t>(8 + length + end));
    tensors.emplace(name, std::move(tensor));
  }
  return tensors;
}

}  // namespace lcr::tests
