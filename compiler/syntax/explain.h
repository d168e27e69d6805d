#pragma once

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/expected.h"

namespace lcr::syntax {

// What the explanations look at.
struct Scene {
  uint32_t file;
  std::string_view text;
  const Tokens& tokens;
  const antlr4::atn::ATN& atn;
  const antlr4::dfa::Vocabulary& vocabulary;
  Diagnostics& diagnostics;

  Span span(size_t token) const { return {file, tokens[token].begin(), tokens[token].end()}; }
  std::string_view slice(size_t token) const {
    return text.substr(tokens[token].begin(), tokens[token].end() - tokens[token].begin());
  }
  size_t type(size_t token) const { return tokens[token].type(); }
};

// Reports one error for a statement (or header, or language line) that begins at `start` and cannot be read as
// `rule`. Gives the index of the token at fault, which is `start` or later.
size_t explain_statement(const Scene& scene, size_t rule, size_t start);

// Reports one error for a token that begins no statement. `previous` is the first token of the statement before it,
// if there is one.
void explain_no_statement(const Scene& scene, size_t token, const size_t* previous);

}  // namespace lcr::syntax
