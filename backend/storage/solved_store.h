#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/language/encoding.h"

namespace lcr {

// What calibration made, one file an instance, in OUT/.lcr/solved: a finished file is what a run resumes from. Entries
// are named "path|part": bytes as an export stores them, or a dense tensor in float32 ("path|tensor.weight"), or
// what else a run decided once. Threads may load, find and await.
class SolvedStore {
 public:
  explicit SolvedStore(std::string folder) : folder_(std::move(folder)) {}

  // Whether the instance's file was finished, by this process or an earlier one.
  bool holds(const std::string& instance) const;
  // Maps a finished file, once. Reports L6001 when it is damaged.
  bool load(const std::string& instance, Diagnostics& diagnostics);
  // Waits until the instance's file is loaded. False when it will not be: close() came first.
  bool await(const std::string& instance) const;
  // No further file will be loaded, or written: everything is there when it is `whole`.
  void close(bool whole);
  // Waits for close(); what it said. Until then the folder is still written to.
  bool await_end() const;

  std::optional<std::span<const std::byte>> find(std::string_view path, Part part) const;
  std::optional<std::span<const std::byte>> find_tensor(std::string_view path, std::string_view tensor) const;
  // What was found is not needed for now: its pages are taken out of memory, and come back when they are read again.
  static void let_go(std::span<const std::byte> found);

 private:
  friend class SolvedWriter;
  std::string file_of(const std::string& instance) const;

  struct Mapped;
  std::optional<std::span<const std::byte>> entry(const std::string& name) const;

  std::string folder_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool closed_ = false, whole_ = false;
  std::map<std::string, std::shared_ptr<const Mapped>> files_;  // by instance
  std::map<std::string, std::span<const std::byte>, std::less<>> entries_;
};

// Collects one instance's entries and writes its file, synced, under its name only when it is whole.
class SolvedWriter {
 public:
  void add(std::string_view path, Part part, std::vector<std::byte> bytes);
  void add_tensor(std::string_view path, std::string_view tensor, std::span<const float> values);
  void add_tensor(std::string_view path, std::string_view tensor, std::vector<std::byte> bytes);
  // Reports L6010.
  bool write(SolvedStore& store, const std::string& instance, Diagnostics& diagnostics);

 private:
  std::vector<std::pair<std::string, std::vector<std::byte>>> entries_;
};

}  // namespace lcr
