#pragma once

#include <set>
#include <string>
#include <vector>

#include "compiler/syntax/tokens.h"

namespace lcr::syntax {

// Where a reading of `rule` gets stuck and what could have stood there.
struct Expected {
  size_t index = 0;               // the first token that no reading takes
  std::set<size_t> types;         // token types that some reading would take instead
  std::vector<std::string> nouns; // the same for people, the likeliest first; at most four
  bool only_continues = false;    // nothing is missing: only operators and the like could go on
};

// Follows every reading of a rule from the token `start` on through ANTLR's network, so that the answer is exact,
// which the parser's own (one decision, one context) is not. Costs a few microseconds a token.
Expected expected(const antlr4::atn::ATN& atn, const antlr4::dfa::Vocabulary& vocabulary, const Tokens& tokens,
                  size_t rule, size_t start);

}  // namespace lcr::syntax
