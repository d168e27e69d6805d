#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/language/dtype.h"

namespace lcr {

// One tensor as a checkpoint stores it.
struct StoredTensor {
  std::string_view name;   // owned by the Checkpoint
  Dtype dtype = Dtype::BF16;
  Dims shape;
  uint32_t shard = 0;
  uint64_t begin = 0, end = 0;  // byte range in the shard file, counted from the file's start
  uint64_t bytes() const { return end - begin; }
};

struct Shard {
  std::string file;         // name within the model folder
  uint64_t bytes = 0;       // size of the file
  uint64_t data_begin = 0;  // first byte after the header
};

// What a model folder holds, without its weights: config.json verbatim, every tensor, the other files. Made from a
// folder or from a tree snapshot; the two are equal for everything that check, resolve and plan need.
struct Checkpoint {
  std::string path;          // the folder, as given; empty for a snapshot
  std::string config_text;   // config.json, verbatim
  bool indexed = false;      // has model.safetensors.index.json
  std::vector<Shard> shards;             // by file name
  std::vector<StoredTensor> tensors;     // by shard, then by offset
  std::vector<std::string> other_files;  // relative paths of everything that is no shard, index or config.json
  uint64_t header_hash = 0;  // XXH3 over config.json and all headers
  // Of a snapshot: the architecture it was made with, its text's hash, and the text when it was the user's own.
  std::string architecture, architecture_text;
  uint64_t architecture_hash = 0;

  // Index into tensors; -1 when there is none.
  int64_t find(std::string_view name) const;

  std::shared_ptr<const void> storage;  // keeps the names alive
  std::shared_ptr<const void> index;    // of find()
};

// Reads config.json, the index and all shard headers (in parallel). Refuses headers that lie: offsets overlapping or
// out of range, sizes that do not fit shape and dtype, duplicate names, absurd lengths, an index that names missing
// shards or tensors. Never reads weights.
std::optional<Checkpoint> read_checkpoint(const std::string& folder, Diagnostics& diagnostics);

// Tree snapshots: JSON, see docs; written by `lcr tree -o`.
std::optional<Checkpoint> read_snapshot(const std::string& file, Diagnostics& diagnostics);
std::string write_snapshot(const Checkpoint& checkpoint);

}  // namespace lcr
