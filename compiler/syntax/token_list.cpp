#include "compiler/syntax/token_list.h"

#include <algorithm>

#include "compiler/syntax/tokens.h"

namespace lcr::syntax {
namespace {

using Kind = PlainToken::Kind;

// The keywords that the grammar's rule `name` lists.
bool is_contextual(size_t type) {
  constexpr size_t words[] = {
      LcrLexer::ARCHITECTURE, LcrLexer::AT,    LcrLexer::BLOCK, LcrLexer::BY,   LcrLexer::CONFIG, LcrLexer::DEVICE,
      LcrLexer::DISK,         LcrLexer::FOR,   LcrLexer::FUSED, LcrLexer::HOST, LcrLexer::IN,     LcrLexer::IS,
      LcrLexer::LAYERS,       LcrLexer::MODEL, LcrLexer::NAMES, LcrLexer::ON,   LcrLexer::OVER,   LcrLexer::PART,
      LcrLexer::ROLE,         LcrLexer::SINCE, LcrLexer::TO,    LcrLexer::TYPE, LcrLexer::WHERE};
  return std::find(std::begin(words), std::end(words), type) != std::end(words);
}

Kind kind_of(size_t type) {
  switch (type) {
    case LcrLexer::IDENT: return Kind::Word;
    case LcrLexer::NUMBER: return Kind::Number;
    case LcrLexer::NM:
    case LcrLexer::QUANTITY:
    case LcrLexer::BAD_QUANTITY: return Kind::Quantity;
    case LcrLexer::STRING:
    case LcrLexer::UNTERMINATED_STRING: return Kind::Text;
    case LcrLexer::PATH:
    case LcrLexer::UNTERMINATED_PATH: return Kind::Path;
    case LcrLexer::REGEX: return Kind::Regex;
    case LcrLexer::DOC: return Kind::Doc;
    case LcrLexer::COMMENT: return Kind::Comment;
    case LcrLexer::UNKNOWN: return Kind::Stray;
    default: break;
  }
  // Keywords come first in the grammar, signs follow.
  if (type >= LcrLexer::LANGUAGE && type <= LcrLexer::YIELD)
    return is_contextual(type) ? Kind::Contextual : Kind::Reserved;
  return Kind::Sign;
}

}  // namespace

std::vector<PlainToken> list_tokens(std::string_view text) {
  const Tokens tokens = lex(text);
  std::vector<PlainToken> list;
  list.reserve(tokens.tokens.size() + tokens.comments.size());
  const auto add = [&](const Token& token) {
    const size_t type = token.type();
    PlainToken plain{kind_of(type), type == LcrLexer::UNTERMINATED_STRING || type == LcrLexer::UNTERMINATED_PATH,
                     token.begin(), token.end()};
    if (plain.kind == Kind::Path && plain.text(text).starts_with("re`")) plain.kind = Kind::Regex;
    list.push_back(plain);
  };
  for (size_t i = 0; i + 1 < tokens.tokens.size(); ++i) add(tokens[i]);
  for (const Token& comment : tokens.comments) add(comment);
  std::sort(list.begin(), list.end(), [](const PlainToken& a, const PlainToken& b) { return a.begin < b.begin; });
  return list;
}

}  // namespace lcr::syntax
