#include "compiler/server/cursor.h"

#include <algorithm>

#include "compiler/server/words.h"

namespace lcr::server {
namespace {

using syntax::PlainToken;
using Kind = PlainToken::Kind;

bool begins_line(std::string_view text, uint32_t offset) {
  while (offset > 0 && (text[offset - 1] == ' ' || text[offset - 1] == '\t')) --offset;
  return offset == 0 || text[offset - 1] == '\n' || text[offset - 1] == '\r';
}

bool is_clause(std::string_view word) {
  constexpr std::string_view words[] = {"as", "with", "then", "on", "by", "to", "over", "expect", "=", "<=", ">="};
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

bool wants_operand(std::string_view before) {
  constexpr std::string_view words[] = {"as", "with", "then", "on", "by", "to", "over", "=", "<=", ">=", "|", "&", "except", "optional", "(", ",", "-"};
  return std::find(std::begin(words), std::end(words), before) != std::end(words);
}

// A word that begins statements does so at the beginning of a line, whatever is still open, and outside of brackets
// everywhere but after `default`, `override` and the header words.
bool CursorWalk::begins_statement(const PlainToken& token, const std::string& word) const {
  if (!token.is_word() || find_statement_word(word) == nullptr) return false;
  const bool first = token.begin == 0 || text_[token.begin - 1] == '\n';
  if (token.kind == Kind::Contextual) return first;
  if (token.kind != Kind::Reserved) return false;
  return first || (cursor_.brackets.empty() && cursor_.before != "default" && cursor_.before != "override");
}

void CursorWalk::open(char sign) {
  Bracket bracket{sign, {}, {}, {}};
  if (sign == '(') bracket.owner = cursor_.before;
  if (sign == '{' && !cursor_.brackets.empty()) {
    // `device cuda(0) {`: the block within the block.
    const std::vector<std::string>& given = cursor_.brackets.back().given;
    for (const char* word : {"device", "host", "disk"})
      if (std::find(given.begin(), given.end(), word) != given.end()) bracket.owner = word;
    cursor_.brackets.back().given.clear();
  } else if (sign == '{') {
    bracket.owner = cursor_.head;
  }
  if (sign == '[' && !cursor_.brackets.empty()) bracket.owner = cursor_.brackets.back().argument;
  cursor_.brackets.push_back(std::move(bracket));
}

void CursorWalk::sign(const std::string& word) {
  if (word == "(" || word == "[" || word == "{") return open(word[0]);
  if ((word == ")" || word == "]" || word == "}") && !cursor_.brackets.empty()) {
    cursor_.brackets.pop_back();
    return;
  }
  if (cursor_.brackets.empty()) return;
  Bracket& inner = cursor_.brackets.back();
  if (word == ",") inner.argument.clear();
  if (word != "=" && word != "<=" && word != ">=") return;
  inner.argument = cursor_.before;
  inner.given.push_back(cursor_.before);
}

// Fields of a block need no commas: a word at the beginning of a line, or before a relation, is the next one.
void CursorWalk::touch(const PlainToken& token) {
  const std::string_view word = token.text(text_);
  if (cursor_.brackets.empty() || cursor_.brackets.back().sign != '{' || !token.is_word()) return;
  if (word == "device" || word == "host" || word == "disk") cursor_.brackets.back().given.push_back(std::string(word));
  const size_t next = text_.find_first_not_of(" \t\r\n", token.end);
  const bool relation = next != std::string_view::npos && (text_[next] == '=' || text_[next] == '<' || text_[next] == '>');
  if (relation || begins_line(text_, token.begin)) cursor_.brackets.back().argument.clear();
}

void CursorWalk::read(const PlainToken& token) {
  if (token.kind == Kind::Comment || token.kind == Kind::Doc) return;
  const std::string word(token.text(text_));
  if (begins_statement(token, word)) {
    cursor_.brackets.clear();
    cursor_.words.clear();
    cursor_.clause.clear();
    cursor_.head = word;
  }
  touch(token);
  if (cursor_.brackets.empty()) {
    // `override keep x`: the rule's own word is what counts.
    if (cursor_.before == "override" && find_statement_word(word) != nullptr) cursor_.head = word;
    cursor_.words.push_back(word);
    if (is_clause(word)) cursor_.clause = word;
  }
  if (token.kind == Kind::Sign) sign(word);
  cursor_.before = word;
}

Cursor cursor_at(std::string_view text, const std::vector<PlainToken>& tokens, uint32_t offset) {
  CursorWalk walk(text);
  Cursor& cursor = walk.cursor();
  cursor.begin = offset;
  for (const PlainToken& token : tokens) {
    if (token.begin >= offset) break;
    const bool comment = token.kind == Kind::Comment || token.kind == Kind::Doc;
    if (comment) {
      cursor.in_comment = token.end >= offset;
      continue;
    }
    const bool quoted = token.kind == Kind::Path || token.kind == Kind::Regex || token.kind == Kind::Text;
    const bool inside = quoted ? token.end > offset || (token.open && token.end >= offset) : token.end >= offset;
    if (inside && (quoted || token.is_word())) {
      cursor.token = token;
      cursor.begin = token.begin;
      if (token.is_word()) walk.touch(token);
      break;
    }
    walk.read(token);
  }
  // Behind a whole value of a block the next field comes, on the same line too.
  if (!cursor.brackets.empty() && cursor.brackets.back().sign == '{' && !wants_operand(cursor.before)) cursor.brackets.back().argument.clear();
  cursor.line_begins = begins_line(text, cursor.begin);
  return std::move(cursor);
}

}  // namespace lcr::server
