#include "compiler/diagnostics/source_line.h"

#include <algorithm>
#include <cstdint>

namespace lcr {

namespace {

constexpr size_t kTab = 4;
constexpr std::string_view kCut = "...";

// One code point; length 1 and value 0 for a byte that begins none.
struct CodePoint {
  uint32_t value = 0;
  size_t length = 1;
};

CodePoint decode(std::string_view text) {
  auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1};
  size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4 || length > text.size()) return {};
  uint32_t value = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    value = value << 6 | (next & 0x3F);
  }
  return {value, length};
}

struct Block {
  uint32_t first;
  uint32_t last;
};

bool within(uint32_t value, const Block* begin, const Block* end) {
  return std::any_of(begin, end, [&](Block block) { return value >= block.first && value <= block.last; });
}

// Columns of a code point: 2 for the wide blocks of East Asian scripts and pictographs, 0 for marks that combine.
size_t width_of(uint32_t value) {
  static constexpr Block kWide[] = {{0x1100, 0x115F},   {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
                                    {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
                                    {0x1F680, 0x1FAFF}, {0x20000, 0x3FFFD}};
  static constexpr Block kNone[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}};
  if (within(value, std::begin(kNone), std::end(kNone))) return 0;
  return within(value, std::begin(kWide), std::end(kWide)) ? 2 : 1;
}

// C0 and C1 controls and the marks that reorder text would let a file write to the terminal.
bool is_control(uint32_t value) {
  return value < 0x20 || (value >= 0x7F && value < 0xA0) || (value >= 0x202A && value <= 0x202E) ||
         (value >= 0x2066 && value <= 0x2069);
}

}  // namespace

SourceLine::SourceLine(std::string_view text, size_t focus, size_t limit) {
  for (size_t at = 0; at < text.size();) {
    CodePoint point = decode(text.substr(at));
    Cell cell{at, width_, {}};
    if (text[at] == '\t') {
      cell.text.assign(kTab - width_ % kTab, ' ');
      width_ += cell.text.size();
    } else if (is_control(point.value)) {
      cell.text = "?";
      ++width_;
    } else {
      cell.text = text.substr(at, point.length);
      width_ += width_of(point.value);
    }
    at += point.length;
    cells_.push_back(std::move(cell));
  }
  last_column_ = width_;
  if (width_ <= limit) return;
  first_column_ = 0;
  size_t center = column(focus);
  first_column_ = center > limit / 2 ? center - limit / 2 : 0;
  last_column_ = std::min(width_, first_column_ + limit);
}

std::string SourceLine::shown() const {
  std::string result(first_column_ > 0 ? kCut : "");
  for (const Cell& cell : cells_) {
    if (cell.column >= first_column_ && cell.column < last_column_) result += cell.text;
  }
  if (last_column_ < width_) result += kCut;
  return result;
}

size_t SourceLine::column(size_t offset) const {
  auto after = std::upper_bound(cells_.begin(), cells_.end(), offset,
                                [](size_t at, const Cell& cell) { return at < cell.offset; });
  bool beyond = after == cells_.end() && (cells_.empty() || offset > cells_.back().offset);
  size_t column = beyond ? width_ : std::prev(after)->column;
  size_t shift = first_column_ > 0 ? kCut.size() : 0;
  return std::clamp(column, first_column_, std::max(first_column_, last_column_)) - first_column_ + shift;
}

}  // namespace lcr
