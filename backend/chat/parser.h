#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "backend/chat/lexer.h"
#include "backend/chat/tree.h"

namespace lcr::chat {

// Reads tokens into statements, by recursive descent in the grammar of the reference engine. After the first problem
// all functions give what they have; the caller looks at failed().
class Parser {
 public:
  explicit Parser(const std::vector<Token>& tokens) : tokens_(tokens) {}

  Body parse();
  bool failed() const { return failed_; }
  const Problem& problem() const { return problem_; }
  // Whether there is a `generation` block.
  bool marks_generation() const { return marks_generation_; }

 private:
  // How a tuple ends, besides at the end of a tag and `)`.
  enum class TupleEnd { Tag, In };

  const Token& now() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool now_word(std::string_view word) const { return now().is(TokenKind::Name, word); }
  bool now_operator(std::string_view word) const { return now().is(TokenKind::Operator, word); }
  void advance() { at_ = std::min(at_ + 1, tokens_.size() - 1); }
  bool skip_word(std::string_view word);
  bool skip_operator(std::string_view word);
  void expect_operator(std::string_view word);
  std::string expect_name();
  void fail(const Token& token, std::string message);

  // Statements up to a block whose first word is one of `ends`, which is then now().
  Body statements(std::initializer_list<std::string_view> ends);
  // The rest of a tag, statements, and the word that ended them (skipped).
  Body block(std::initializer_list<std::string_view> ends, std::string& end);
  std::unique_ptr<Statement> statement();
  void parse_if(Statement& node);
  void parse_for(Statement& node);
  void parse_set(Statement& node);
  void parse_with(Statement& node);
  void parse_macro(Statement& node);
  void parse_call(Statement& node);
  void signature(MacroNode& macro);
  std::unique_ptr<Statement> output();

  // Sets the height of a node whose parts are complete.
  ExpressionPtr measured(ExpressionPtr node);
  ExpressionPtr target(bool with_members);
  ExpressionPtr target_part(bool with_members);
  ExpressionPtr tuple(bool conditional, TupleEnd end = TupleEnd::Tag, bool in_parentheses = false);
  ExpressionPtr expression();
  ExpressionPtr disjunction();
  ExpressionPtr conjunction();
  ExpressionPtr negation();
  ExpressionPtr comparison();
  ExpressionPtr sum();
  ExpressionPtr concatenation();
  ExpressionPtr product();
  ExpressionPtr power();
  ExpressionPtr unary(bool with_filters);
  ExpressionPtr primary();
  ExpressionPtr list();
  ExpressionPtr dict();
  ExpressionPtr postfix(ExpressionPtr node);
  ExpressionPtr filters_and_tests(ExpressionPtr node);
  ExpressionPtr subscript(ExpressionPtr node);
  ExpressionPtr subscripted(ExpressionPtr node, const Token& token);
  ExpressionPtr filter(ExpressionPtr input);
  ExpressionPtr test(ExpressionPtr input);
  ExpressionPtr call(ExpressionPtr callee);
  void arguments(Expression& node);

  const std::vector<Token>& tokens_;
  size_t at_ = 0;
  int depth_ = 0;
  // Loops around the statement, for `break`; none inside of a macro.
  int loops_ = 0;
  bool failed_ = false;
  bool marks_generation_ = false;
  Problem problem_;

  friend struct Nesting;
};

// Counts how deep the parser is; the parser fails beyond the limit.
struct Nesting {
  explicit Nesting(Parser& parser);
  ~Nesting() { --parser.depth_; }
  Parser& parser;
};

// Whether the interpreter has a filter or test of this name.
bool knows_filter(std::string_view name);
bool knows_test(std::string_view name);

}  // namespace lcr::chat
