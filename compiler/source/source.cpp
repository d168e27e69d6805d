#include "compiler/source/source.h"

#include <algorithm>

namespace lcr {

Span Span::cover(Span other) const { return {file, std::min(begin, other.begin), std::max(end, other.end)}; }

SourceFile::SourceFile(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
  starts_.push_back(0);
  for (uint32_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(i + 1);
  }
}

Position SourceFile::position(uint32_t offset) const {
  offset = std::min<uint32_t>(offset, static_cast<uint32_t>(text_.size()));
  auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  uint32_t line = static_cast<uint32_t>(after - starts_.begin());
  uint32_t column = 1;
  for (uint32_t i = starts_[line - 1]; i < offset; ++i) {
    // Continuation bytes belong to the code point before them.
    if ((static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80) ++column;
  }
  return {line, column};
}

std::string_view SourceFile::line(uint32_t number) const {
  uint32_t begin = starts_[number - 1];
  uint32_t end = number < starts_.size() ? starts_[number] - 1 : static_cast<uint32_t>(text_.size());
  if (end > begin && text_[end - 1] == '\r') --end;
  return std::string_view(text_).substr(begin, end - begin);
}

Sources::Sources() { files_.emplace_back("", ""); }

uint32_t Sources::add(std::string name, std::string text) {
  files_.emplace_back(std::move(name), std::move(text));
  return static_cast<uint32_t>(files_.size() - 1);
}

std::string_view Sources::text(Span span) const {
  return file(span).text().substr(span.begin, span.end - span.begin);
}

}  // namespace lcr
