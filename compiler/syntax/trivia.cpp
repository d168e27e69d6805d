#include "compiler/syntax/trivia.h"

#include <algorithm>

namespace lcr::syntax {

namespace {

bool only_space(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

Comment to_comment(const Reader& reader, const Token& token) {
  Comment result;
  result.span = {reader.file, token.begin(), token.end()};
  result.text = reader.slice(result.span);
  while (!result.text.empty() && (result.text.back() == ' ' || result.text.back() == '\t')) result.text.pop_back();
  result.doc = token.type() == LcrLexer::DOC;
  size_t line = reader.text.rfind('\n', token.begin());
  // A newline at the token itself cannot be: comments begin with `#`.
  uint32_t begin = line == std::string_view::npos ? 0 : static_cast<uint32_t>(line + 1);
  result.own_line = only_space(reader.text.substr(begin, token.begin() - begin));
  return result;
}

// The text behind the marks, one space of indentation removed.
std::string doc_text(const Comment& comment) {
  std::string_view text = std::string_view(comment.text).substr(2);
  if (!text.empty() && text[0] == ' ') text.remove_prefix(1);
  return std::string(text);
}

// The run of doc comments that ends right above `begin`: nothing but one line end stands between any two.
std::string doc_above(const Reader& reader, const std::vector<Comment>& comments, uint32_t begin) {
  auto after = std::lower_bound(comments.begin(), comments.end(), begin,
                                [](const Comment& comment, uint32_t at) { return comment.span.begin < at; });
  std::string result;
  bool first = true;
  for (auto comment = after; comment != comments.begin();) {
    --comment;
    if (!comment->doc || !comment->own_line) break;
    std::string_view between = reader.text.substr(comment->span.end, begin - comment->span.end);
    if (!only_space(between) || std::count(between.begin(), between.end(), '\n') != 1) break;
    result = doc_text(*comment) + (first ? "" : "\n") + result;
    first = false;
    begin = comment->span.begin;
  }
  return result;
}

}  // namespace

void take_comments(const Reader& reader, const Tokens& tokens, File& file) {
  for (const Token& token : tokens.comments) file.comments.push_back(to_comment(reader, token));
  if (file.comments.empty()) return;
  file.header.doc = doc_above(reader, file.comments, file.header.span.begin);
  for (Statement& statement : file.statements) {
    statement.doc = doc_above(reader, file.comments, statement.span.begin);
  }
}

}  // namespace lcr::syntax
