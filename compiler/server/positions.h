#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "compiler/server/json.h"
#include "compiler/source/source.h"

namespace lcr::server {

// What clients count characters of a line in.
enum class Units { Utf8, Utf16 };

// Between byte offsets and the protocol's positions: lines from 0, ended by \n, \r\n or \r; characters from 0 in
// `Units`. A byte that is no UTF-8 counts as one character. The text must outlive the object.
class Positions {
 public:
  Positions(std::string_view text, Units units);

  struct Position {
    uint32_t line = 0, character = 0;
  };
  // Offsets beyond the end count as the end; offsets inside a character as its beginning.
  Position position(uint32_t offset) const;
  // Positions beyond the end of a line count as its end, lines beyond the last one as the end of the text.
  uint32_t offset(Position position) const;
  uint32_t offset(const Json& position) const;

  Json json(uint32_t offset) const;
  Json range(uint32_t begin, uint32_t end) const;
  Json range(Span span) const { return range(span.begin, span.end); }
  Span span(uint32_t file, const Json& range) const;

  // Number of the line, and its first byte and the byte after its last one, line end excluded.
  uint32_t line_of(uint32_t offset) const;
  std::pair<uint32_t, uint32_t> line(uint32_t number) const;

 private:
  std::string_view text_;
  Units units_;
  std::vector<uint32_t> starts_;
};

}  // namespace lcr::server
