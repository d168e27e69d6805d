#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/diagnostics/diagnostic.h"

namespace lcr {

// Where a line of a file begins.
struct LinePlace {
  uint64_t offset = 0;
  // 1-based.
  uint64_t number = 0;
};

// `text` has no line end and is valid until the reader moves.
struct Line {
  std::string_view text;
  LinePlace place;
};

// Reads a file line by line; holds one line at a time. Blank lines are none, a byte order mark is not part of a line.
class LineReader {
 public:
  // Longer lines are refused.
  static constexpr size_t kLongestLine = size_t{256} << 20;

  // Null after a diagnostic.
  static std::unique_ptr<LineReader> open(const std::string& path, Diagnostics& diagnostics);

  // Empty at the end of the file, and after a diagnostic: then failed().
  std::optional<Line> next();
  // Goes to a line; next() goes on behind it.
  std::optional<Line> at(LinePlace place);
  bool failed() const { return failed_; }
  const std::string& path() const { return path_; }

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  LineReader(File file, std::string path, Diagnostics& diagnostics)
      : file_(std::move(file)), path_(std::move(path)), diagnostics_(diagnostics) {}
  bool read_more();
  void report(int error);

  File file_;
  std::string path_;
  Diagnostics& diagnostics_;
  // Bytes at_ .. end_ of the buffer are read and not yet given; the first of them is byte offset_ of the file.
  std::string buffer_;
  size_t at_ = 0, end_ = 0;
  uint64_t offset_ = 0;
  uint64_t number_ = 0;
  bool failed_ = false;
};

}  // namespace lcr
