#include "compiler/server/positions.h"

#include <algorithm>

namespace lcr::server {
namespace {

// Bytes of the character at `at`; a stray byte is a character of its own.
uint32_t bytes_at(std::string_view text, uint32_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const uint32_t length = lead >= 0xF0 && lead < 0xF8 ? 4 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xC2 && lead < 0xE0 ? 2 : 1;
  if (at + length > text.size()) return 1;
  for (uint32_t i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return 1;
  return length;
}

// Characters beyond the basic plane, four bytes long, are two units of UTF-16.
uint32_t units_of(uint32_t bytes, Units units) {
  if (units == Units::Utf8) return bytes;
  return bytes == 4 ? 2 : 1;
}

}  // namespace

Positions::Positions(std::string_view text, Units units) : text_(text), units_(units), starts_{0} {
  for (uint32_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) starts_.push_back(i + 1);
  }
}

uint32_t Positions::line_of(uint32_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  return static_cast<uint32_t>(after - starts_.begin()) - 1;
}

std::pair<uint32_t, uint32_t> Positions::line(uint32_t number) const {
  const auto size = static_cast<uint32_t>(text_.size());
  if (number >= starts_.size()) return {size, size};
  const uint32_t begin = starts_[number];
  uint32_t end = number + 1 < starts_.size() ? starts_[number + 1] : size;
  while (end > begin && (text_[end - 1] == '\n' || text_[end - 1] == '\r')) --end;
  return {begin, end};
}

Positions::Position Positions::position(uint32_t offset) const {
  offset = std::min(offset, static_cast<uint32_t>(text_.size()));
  Position result{line_of(offset), 0};
  for (uint32_t at = starts_[result.line]; at < offset;) {
    const uint32_t bytes = bytes_at(text_, at);
    if (at + bytes > offset) break;
    result.character += units_of(bytes, units_);
    at += bytes;
  }
  return result;
}

uint32_t Positions::offset(Position position) const {
  auto [at, end] = line(position.line);
  for (uint32_t left = position.character; at < end && left > 0;) {
    const uint32_t bytes = bytes_at(text_, at), units = units_of(bytes, units_);
    if (units > left) break;
    left -= units;
    at += bytes;
  }
  return at;
}

uint32_t Positions::offset(const Json& position) const {
  const auto number = [&](const char* key) {
    return static_cast<uint32_t>(std::clamp<int64_t>(whole_of(member(position, key)).value_or(0), 0, UINT32_MAX));
  };
  return offset(Position{number("line"), number("character")});
}

Json Positions::json(uint32_t offset) const {
  const Position at = position(offset);
  return {{"line", at.line}, {"character", at.character}};
}

Json Positions::range(uint32_t begin, uint32_t end) const { return {{"start", json(begin)}, {"end", json(end)}}; }

Span Positions::span(uint32_t file, const Json& range) const {
  const uint32_t begin = offset(member(range, "start")), end = offset(member(range, "end"));
  return {file, std::min(begin, end), std::max(begin, end)};
}

}  // namespace lcr::server
