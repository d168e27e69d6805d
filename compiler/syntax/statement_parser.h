#pragma once

#include "compiler/syntax/tokens.h"

namespace lcr::syntax {

// Reads one rule at a time from a token on: first with the fast SLL prediction, and where that fails with LL, which
// alone decides what is an error. The fence around ANTLR: no exception leaves this class.
class StatementParser {
 public:
  explicit StatementParser(Tokens& tokens);

  // Null when the tokens from `at` on do not begin with the rule. The context lives until the next call.
  LcrParser::LanguageLineContext* language_line(size_t at);
  LcrParser::HeaderContext* header(size_t at);
  LcrParser::StatementContext* statement(size_t at);

  // Index of the token after what was read last.
  size_t next() { return stream_.index(); }
  const antlr4::atn::ATN& atn() const { return parser_.getATN(); }
  const antlr4::dfa::Vocabulary& vocabulary() { return parser_.getVocabulary(); }

 private:
  template <typename Context>
  Context* read(size_t at, Context* (LcrParser::*rule)());

  TokenReader stream_;
  LcrParser parser_;
};

// Whether a token of this type begins a statement (or a header).
bool begins_statement(size_t type);
bool begins_header(size_t type);

}  // namespace lcr::syntax
