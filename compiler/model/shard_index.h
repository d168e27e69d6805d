#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/checkpoint.h"

namespace lcr {

inline constexpr std::string_view index_file = "model.safetensors.index.json";

// model.safetensors.index.json: which shard holds which tensor.
struct ShardIndex {
  struct Entry {
    std::string_view tensor;
    uint32_t file = 0;  // into files
  };
  std::vector<std::string> files;  // sorted
  std::vector<Entry> entries;
  std::shared_ptr<const void> storage;
};

std::optional<ShardIndex> read_shard_index(const std::string& folder, Diagnostics& diagnostics);

// Reports entries that the shards do not hold, or hold elsewhere. `checkpoint` has its lookup already.
void compare_with_index(const ShardIndex& index, const Checkpoint& checkpoint, Diagnostics& diagnostics);

}  // namespace lcr
