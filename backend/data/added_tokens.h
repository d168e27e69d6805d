#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/data/byte_trie.h"

namespace lcr {

// A token that is cut out of the text before the model sees it.
struct AddedToken {
  std::string content;
  int32_t id = 0;
  bool single_word = false;
  bool strips_left = false;
  bool strips_right = false;
  bool normalized = false;
  bool special = false;
};

// A part of a text: an added token, or (id -1) text between them.
struct TextPart {
  size_t begin = 0;
  size_t end = 0;
  int32_t id = -1;
};

// A set of added tokens that are looked for together: leftmost first, longest of those.
struct AddedTokens {
  ByteTrie trie;
  // By id: the last token of an id decides how it is cut out.
  std::unordered_map<int32_t, AddedToken> by_id;
};

// Cuts `text` into added tokens and what lies between them. Tokens that strip white space hold it.
std::vector<TextPart> cut_added_tokens(const AddedTokens& tokens, std::string_view text);

}  // namespace lcr
