#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/checkpoint.h"

namespace lcr {

// The shard files of a model, opened read-only at first use and kept open. Reads may come from any thread.
class SourceFiles {
 public:
  // The checkpoint must outlive it. `folder` is where its files are now.
  SourceFiles(std::string folder, const Checkpoint& checkpoint);
  ~SourceFiles();
  SourceFiles(const SourceFiles&) = delete;
  SourceFiles& operator=(const SourceFiles&) = delete;

  // Fills `into` from byte `begin` of a shard. Reports L6001 (cannot be read) or L6002 (ends too early) and gives false.
  bool read(uint32_t shard, uint64_t begin, std::span<std::byte> into, Diagnostics& diagnostics);
  // Bytes read so far, by all threads.
  uint64_t bytes_read() const;
  // Seconds that threads spent in reading, all of them together.
  double seconds_reading() const;

 private:
  struct File;
  int open(uint32_t shard, Diagnostics& diagnostics);

  std::string folder_;
  const Checkpoint& checkpoint_;
  std::unique_ptr<File[]> files_;
  std::unique_ptr<std::atomic<uint64_t>> bytes_;
  std::unique_ptr<std::atomic<int64_t>> nanoseconds_;
};

}  // namespace lcr
