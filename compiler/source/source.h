#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace lcr {

// A half-open range of bytes [begin, end) in one file of a Sources.
struct Span {
  uint32_t file = 0;
  uint32_t begin = 0;
  uint32_t end = 0;

  // The smallest span that covers both; both must be of the same file.
  Span cover(Span other) const;
  bool operator==(const Span&) const = default;
};

// 1-based; columns count code points.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
};

// One text with its line table. Invalid UTF-8 is kept; each bad byte counts as one code point.
class SourceFile {
 public:
  SourceFile(std::string name, std::string text);

  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }
  Position position(uint32_t offset) const;
  // 1-based line without its line end.
  std::string_view line(uint32_t number) const;
  uint32_t line_count() const { return static_cast<uint32_t>(starts_.size()); }
  // Byte offset of the first byte of a 1-based line.
  uint32_t line_start(uint32_t number) const { return starts_[number - 1]; }

 private:
  std::string name_;
  std::string text_;
  std::vector<uint32_t> starts_;
};

// All texts of one run, so that a Span is enough to find its line. File 0 is an empty text named "" for
// diagnostics that have no place in a text. References stay valid while the Sources lives.
class Sources {
 public:
  Sources();

  uint32_t add(std::string name, std::string text);
  const SourceFile& file(uint32_t id) const { return files_[id]; }
  const SourceFile& file(Span span) const { return files_[span.file]; }
  std::string_view text(Span span) const;
  uint32_t size() const { return static_cast<uint32_t>(files_.size()); }

 private:
  std::deque<SourceFile> files_;
};

}  // namespace lcr
