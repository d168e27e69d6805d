#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// One output file while it grows. Its space is reserved at once (so that a full disk is known before the work), bytes
// go to their final offsets in any order from any thread, and only finish() gives it its name: a crash leaves nothing
// that looks complete.
class ShardWriter {
 public:
  // Creates `temporary` with `bytes` bytes, the first of which are `header`. Reports L6010 when it cannot.
  static std::unique_ptr<ShardWriter> create(std::string temporary, std::string final_name, uint64_t bytes,
                                             const std::string& header, Diagnostics& diagnostics);
  ~ShardWriter();
  ShardWriter(const ShardWriter&) = delete;
  ShardWriter& operator=(const ShardWriter&) = delete;

  bool write(uint64_t offset, std::span<const std::byte> bytes, Diagnostics& diagnostics);
  // Syncs, closes, renames, and syncs the folder. Nothing may be written afterwards.
  bool finish(Diagnostics& diagnostics);
  const std::string& final_name() const { return final_name_; }
  // Where the nanoseconds that threads spend in write() are added; must outlive it.
  void time_into(std::atomic<int64_t>& sum) { nanoseconds_ = &sum; }

 private:
  ShardWriter(std::string temporary, std::string final_name, int descriptor)
      : temporary_(std::move(temporary)), final_name_(std::move(final_name)), descriptor_(descriptor) {}
  bool fail(Diagnostics& diagnostics, int error) const;

  std::string temporary_, final_name_;
  int descriptor_;
  std::atomic<int64_t> own_{0};
  std::atomic<int64_t>* nanoseconds_ = &own_;
};

// Writes a small file so that it is whole or absent, synced. Reports L6010.
bool write_synced(const std::string& path, const std::string& text, Diagnostics& diagnostics);

// Makes a rename or a new file in the folder last through a crash.
void sync_folder(const std::string& folder);

}  // namespace lcr
