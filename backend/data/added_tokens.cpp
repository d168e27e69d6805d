#include "backend/data/added_tokens.h"

#include <algorithm>

#include "backend/data/unicode.h"

namespace lcr {
namespace {

// Where the code point before `at` (> 0) begins.
size_t before(std::string_view text, size_t at) {
  do --at;
  while (at > 0 && (text[at] & 0xc0) == 0x80);
  return at;
}

bool word_ends_at(std::string_view text, size_t at) {
  if (at == 0) return false;
  size_t begin = before(text, at);
  return is_word(next_code_point(text, begin));
}

bool word_begins_at(std::string_view text, size_t at) { return at < text.size() && is_word(next_code_point(text, at)); }

size_t skip_spaces_left(std::string_view text, size_t at) {
  while (at > 0) {
    size_t begin = before(text, at);
    size_t end = begin;
    if (!is_white_space(next_code_point(text, end))) break;
    at = begin;
  }
  return at;
}

size_t skip_spaces_right(std::string_view text, size_t at) {
  while (at < text.size()) {
    size_t end = at;
    if (!is_white_space(next_code_point(text, end))) break;
    at = end;
  }
  return at;
}

struct Hit {
  size_t end = 0;
  int32_t id = -1;
};

Hit longest_at(const ByteTrie& trie, std::string_view text, size_t at) {
  Hit hit;
  if (trie.may_start(text[at]))
    trie.prefixes(text.substr(at), [&](size_t length, uint32_t id) { hit = {at + length, static_cast<int32_t>(id)}; });
  return hit;
}

}  // namespace

std::vector<TextPart> cut_added_tokens(const AddedTokens& tokens, std::string_view text) {
  std::vector<TextPart> parts;
  size_t covered = 0;
  for (size_t at = tokens.trie.empty() ? text.size() : 0; at < text.size();) {
    Hit hit = longest_at(tokens.trie, text, at);
    if (hit.id < 0) {
      ++at;
      continue;
    }
    size_t begin = at;
    size_t end = hit.end;
    at = hit.end;
    const AddedToken& token = tokens.by_id.at(hit.id);
    if (token.single_word && (word_ends_at(text, begin) || word_begins_at(text, end))) continue;
    if (token.strips_left) begin = std::max(skip_spaces_left(text, begin), covered);
    if (token.strips_right) end = skip_spaces_right(text, end);
    if (covered < begin) parts.push_back({covered, begin, -1});
    parts.push_back({begin, end, hit.id});
    covered = end;
  }
  if (covered < text.size()) parts.push_back({covered, text.size(), -1});
  return parts;
}

}  // namespace lcr
