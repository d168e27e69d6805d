#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

// The tokens of a text without a parser: what can be said of texts that are being written.
namespace lcr::syntax {

struct PlainToken {
  enum class Kind {
    Reserved,    // begins a statement or stands in one, and is never a name
    Contextual,  // a word with a meaning in its place, and a name elsewhere
    Word,
    Number,
    Quantity,    // also with an unknown unit, and `2:4`
    Text,
    Path,
    Regex,
    Sign,
    Comment,
    Doc,
    Stray,
  };
  Kind kind = Kind::Word;
  bool open = false;  // a text, path or expression that ends with its line
  uint32_t begin = 0, end = 0;

  bool is_word() const { return kind <= Kind::Word; }
  std::string_view text(std::string_view source) const { return source.substr(begin, end - begin); }
};

// In order, comments among them, spaces not. Never fails.
std::vector<PlainToken> list_tokens(std::string_view text);

}  // namespace lcr::syntax
