#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/syntax/tokens.h"

namespace lcr::syntax {

// How a person calls what may stand at a place. `type` stands for the token itself when there is no text. Lower ranks
// come first; what merely continues an expression (operators, more arguments) ranks last.
struct Noun {
  std::string_view text;
  size_t type = 0;
  int rank = 0;
};

// The noun for `callee` where `rule` mentions it; an empty text when its parts should speak for themselves.
Noun rule_noun(size_t rule, size_t callee);
// The noun for a token that `rule` mentions.
Noun token_noun(size_t rule, size_t type);

class NounList {
 public:
  void add(Noun noun);
  // At most four of the best rank; operators only when there is nothing else.
  std::vector<std::string> best(const antlr4::dfa::Vocabulary& vocabulary) const;
  bool only_continues() const;

 private:
  std::vector<Noun> nouns_;
};

// "`as`", "`a` or `b`", "`a`, `b` or `c`".
std::string join_nouns(const std::vector<std::string>& nouns);

// The spelling of a token type that has just one, else empty.
std::string literal(const antlr4::dfa::Vocabulary& vocabulary, size_t type);

}  // namespace lcr::syntax
