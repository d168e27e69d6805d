#include "compiler/syntax/nesting.h"

#include "compiler/syntax/statement_parser.h"

namespace lcr::syntax {

namespace {

bool opens(size_t type) {
  return type == LcrParser::LPAREN || type == LcrParser::LBRACKET || type == LcrParser::LBRACE;
}

bool closes(size_t type) {
  return type == LcrParser::RPAREN || type == LcrParser::RBRACKET || type == LcrParser::RBRACE;
}

bool prefixes(size_t type) {
  return type == LcrParser::MINUS || type == LcrParser::NOT || type == LcrParser::OPTIONAL;
}

}  // namespace

std::optional<size_t> too_deep(const Tokens& tokens, std::string_view text, int limit) {
  int brackets = 0, prefix_run = 0, chain = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    size_t type = tokens[i].type();
    if (line_start_column(tokens, text, i) == 0u && begins_line_statement(tokens, text, i)) brackets = chain = 0;
    if (opens(type)) ++brackets;
    if (closes(type) && brackets > 0) --brackets;
    prefix_run = prefixes(type) ? prefix_run + 1 : 0;
    if (type == LcrParser::IF && i > 0 && tokens[i - 1].type() == LcrParser::ELSE) ++chain;
    if (brackets + prefix_run + chain > limit) return i;
  }
  return std::nullopt;
}

std::optional<size_t> open_bracket(const Tokens& tokens, size_t begin, size_t end) {
  std::vector<size_t> open;
  for (size_t i = begin; i < end; ++i) {
    if (opens(tokens[i].type())) open.push_back(i);
    if (closes(tokens[i].type()) && !open.empty()) open.pop_back();
  }
  if (open.empty()) return std::nullopt;
  return open.back();
}

std::optional<uint32_t> line_start_column(const Tokens& tokens, std::string_view text, size_t token) {
  uint32_t begin = tokens[token].begin();
  uint32_t line = begin;
  while (line > 0 && text[line - 1] != '\n') {
    char before = text[line - 1];
    if (before != ' ' && before != '\t' && before != '\r') return std::nullopt;
    --line;
  }
  return begin - line;
}

bool begins_line_statement(const Tokens& tokens, std::string_view text, size_t token) {
  size_t type = tokens[token].type();
  if (!begins_statement(type) && !begins_header(type)) return false;
  if (!line_start_column(tokens, text, token)) return false;
  size_t after = token + 1 < tokens.size() ? tokens[token + 1].type() : antlr4::Token::EOF;
  switch (type) {
    case LcrParser::CONFIG: case LcrParser::NAMES: return after == LcrParser::LBRACE;
    case LcrParser::MODEL: return after == LcrParser::LBRACE || after == LcrParser::LPAREN;
    case LcrParser::ARCHITECTURE: case LcrParser::BLOCK: case LcrParser::FUSED: case LcrParser::PART:
      return after == LcrParser::IDENT || (after >= LcrParser::AT && after <= LcrParser::WHERE);
    default: return true;
  }
}

}  // namespace lcr::syntax
