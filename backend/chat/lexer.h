#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/chat/value.h"

namespace lcr::chat {

enum class TokenKind : uint8_t { Data, OutputBegin, OutputEnd, BlockBegin, BlockEnd, Name, Text, Integer, Float, Operator, End };

struct Token {
  TokenKind kind = TokenKind::End;
  // Into the text that was cut.
  uint32_t offset = 0;
  // Data, name, operator as written; the content of a text.
  std::string text;
  // Of numbers.
  Value value;

  bool is(TokenKind wanted, std::string_view word) const { return kind == wanted && text == word; }
};

// What is wrong with a template, and where.
struct Problem {
  std::string message;
  uint32_t offset = 0;
};

// Line ends as "\n", without the one at the end of the text.
std::string normal_newlines(std::string_view text);

// Cuts a template (with normal newlines) into tokens, the last one End. White space is treated as the reference engine
// does with trim_blocks and lstrip_blocks. False with a problem.
bool cut_template(std::string_view text, std::vector<Token>& tokens, Problem& problem);

}  // namespace lcr::chat
