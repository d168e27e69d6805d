#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/checkpoint.h"

namespace lcr {

// The header of one .safetensors file. `storage` keeps the names of the tensors alive.
struct ShardHeader {
  Shard shard;
  std::vector<StoredTensor> tensors;  // by offset; `shard` of each is 0
  std::vector<uint64_t> name_hashes;  // TensorLookup::hash of each
  uint64_t hash = 0;                  // XXH3 over the header's bytes
  uint64_t idle_bytes = 0;            // of the data that no tensor claims
  std::shared_ptr<const void> storage;
};

// Reads headers one after the other, with the same memory for all of them.
class HeaderReader {
 public:
  HeaderReader();
  ~HeaderReader();

  // Reads 8 bytes and the header, never the data. Reports a header that is too long for the file, is no JSON of the
  // format, or whose offsets overlap, leave the file or do not fit shape and dtype.
  std::optional<ShardHeader> read(const std::string& folder, const std::string& file, Diagnostics& diagnostics);

 private:
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

}  // namespace lcr
