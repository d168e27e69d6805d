#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/syntax/token_list.h"

namespace lcr::server {

// An open bracket before the cursor.
struct Bracket {
  char sign = '(';
  std::string owner;               // the word before it: `gptq(`, `device cuda(0) {` has `device`; empty for a bare one
  std::string argument;            // the name whose value the cursor is in: after `damp =`; empty elsewhere
  std::vector<std::string> given;  // names that have a value already
};

// Where a cursor stands, from the tokens before it alone, so that texts that are being written can be read.
struct Cursor {
  std::optional<syntax::PlainToken> token;  // that the cursor is in or right behind, if it is a word, path, regex or text
  uint32_t begin = 0;                       // of what completion replaces: the word's first byte, or the cursor
  std::string head;                         // the statement's word; empty where a statement could begin
  std::string clause;                       // the last of as, with, then, on, by, to, over, expect, =, or empty
  std::vector<std::string> words;           // tokens of the statement outside of brackets, the head first
  std::vector<Bracket> brackets;            // outermost first
  bool line_begins = false;                 // nothing but space stands before the token on its line
  bool in_comment = false;

  const Bracket* inner() const { return brackets.empty() ? nullptr : &brackets.back(); }
  // The token before the one at the cursor; empty at the beginning of the statement.
  std::string before;
};

// Whether a word or sign is followed by a value.
bool wants_operand(std::string_view before);

// Reads tokens from left to right, comments passed over; `cursor()` is what stands behind the last one.
class CursorWalk {
 public:
  explicit CursorWalk(std::string_view text) : text_(text) {}
  void read(const syntax::PlainToken& token);
  // As if the token were not yet complete: a name that is being written begins a new field.
  void touch(const syntax::PlainToken& token);
  Cursor& cursor() { return cursor_; }

 private:
  bool begins_statement(const syntax::PlainToken& token, const std::string& word) const;
  void open(char sign);
  void sign(const std::string& word);

  std::string_view text_;
  Cursor cursor_;
};

Cursor cursor_at(std::string_view text, const std::vector<syntax::PlainToken>& tokens, uint32_t offset);

}  // namespace lcr::server
