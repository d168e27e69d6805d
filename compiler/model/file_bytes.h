#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lcr {

// An open file, for reading at offsets; closed at the end of its life.
class FileBytes {
 public:
  explicit FileBytes(const std::string& path);
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  // Whether the file is open and regular; `error` says why not.
  bool ok() const { return descriptor_ >= 0; }
  const std::string& error() const { return error_; }
  uint64_t size() const { return size_; }
  // Exactly `count` bytes from `offset` into `to`; false at the end of the file or on an error.
  bool read(uint64_t offset, uint64_t count, char* to) const;

 private:
  int descriptor_ = -1;
  uint64_t size_ = 0;
  std::string error_;
};

// The whole of a file, or nothing with the reason in `error`.
std::optional<std::string> read_whole(const std::string& path, std::string& error);

}  // namespace lcr
