#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "compiler/model/checkpoint.h"
#include "compiler/model/elaborate.h"

// Model folders and snapshots that tests make up.
namespace lcr::testing_models {

// A folder in the system's place for temporary files; removed at the end of its life.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  void write(const std::string& file, const std::string& text) const;

  // A safetensors file whose data is a hole. `length` of the header and `size` of the file are the right ones unless
  // given.
  void write_shard(const std::string& file, const std::string& header, std::optional<uint64_t> length,
                   std::optional<uint64_t> size) const;

 private:
  std::string path_;
};

// A tensor of a made-up checkpoint: BF16, or F32 where it says so.
struct MadeTensor {
  std::string name;
  Dims shape;
  bool f32 = false;
};

// Writes config.json, shards of at most `per_shard` tensors and their index.
void write_checkpoint(const TemporaryFolder& folder, const std::string& config, const std::vector<MadeTensor>& tensors,
                      size_t per_shard);

// The tensors of the mixture of experts with 671 billion parameters, whose config is golden/trees/deepseek_671b.config.
std::vector<MadeTensor> deepseek_tensors();

// A snapshot from tests/golden/trees with changes, read back:
// {"tree": "llama", "config": {"key": value or null to remove}, "remove": [names], "add": [[name, dtype, shape]],
//  "reshape": {name: shape}}
std::optional<Checkpoint> edited(const nlohmann::json& edits, Diagnostics& diagnostics);

}  // namespace lcr::testing_models
