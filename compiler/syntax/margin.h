#pragma once

#include <string_view>
#include <vector>

#include "compiler/syntax/tree.h"

namespace lcr::syntax {

// A comment that stands on lines of its own.
struct Remark {
  std::string text;
  bool doc = false;
  bool blank = false;  // an empty line above it
};

// What stands around one entry of a list.
struct Remarks {
  std::vector<Remark> above;
  bool blank = false;    // an empty line right above the entry
  std::string trailing;  // behind it, on its line
};

// The comments of a text, handed out once each and in order, and the layout that the author chose.
class Margin {
 public:
  Margin(std::string_view text, const std::vector<Comment>& comments) : text_(text), comments_(comments) {}

  // Begins an entry: takes the comments before it.
  Remarks begin(uint32_t offset);
  // Ends an entry: takes what is left inside of it, and the comment behind it on its line. What comes out of an
  // expression goes above the documentation and no longer documents anything, so it loses a mark if it has two.
  void end(uint32_t offset, Remarks& remarks);
  // The comment right behind something (and a comma), on its line, or an empty text.
  std::string behind(uint32_t offset);

  bool has_before(uint32_t offset) const;
  // Whether nothing but a comment follows on the line.
  bool ends_line(uint32_t offset) const;
  // The first byte from `offset` on that belongs to no comment and is no space.
  uint32_t next_sign(uint32_t offset) const;

 private:
  bool blank_above(uint32_t offset) const;

  std::string_view text_;
  const std::vector<Comment>& comments_;
  size_t next_ = 0;
};

}  // namespace lcr::syntax
