#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lcr {

// A line of a text as a terminal shows it: tabs are spaces, bytes that are no UTF-8 and control characters are `?`.
class SourceLine {
 public:
  // Shows at most `limit` columns, chosen so that the byte `focus` is among them.
  SourceLine(std::string_view text, size_t focus, size_t limit = 160);

  // What is to be printed.
  std::string shown() const;
  // The terminal column (0-based) at which the byte `offset` of the line is shown; for the line's size, and beyond,
  // the column behind the last character. Cut parts count as the place where they were cut.
  size_t column(size_t offset) const;

 private:
  struct Cell {
    size_t offset;
    size_t column;
    std::string text;
  };

  std::vector<Cell> cells_;
  size_t width_ = 0;
  size_t first_column_ = 0;  // of what is shown
  size_t last_column_ = 0;
};

}  // namespace lcr
