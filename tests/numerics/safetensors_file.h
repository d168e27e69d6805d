#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lcr::tests {

// The tensors of a small safetensors file, whole, by name. Throws std::runtime_error on anything unexpected.
struct SmallTensor {
  std::string dtype;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
};
std::map<std::string, SmallTensor> read_safetensors(const std::string& path);

}  // namespace lcr::tests
