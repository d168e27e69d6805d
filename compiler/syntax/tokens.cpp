#include "compiler/syntax/tokens.h"

namespace lcr::syntax {

namespace {

constexpr size_t kOutsideAscii = 0x7F;

// Hands its tokens to us instead of allocating each.
class Collector final : public LcrLexer {
 public:
  explicit Collector(antlr4::CharStream* input) : LcrLexer(input) { removeErrorListeners(); }

  antlr4::Token* emit() override {
    begin = static_cast<uint32_t>(tokenStartCharIndex);
    end = static_cast<uint32_t>(getCharIndex());
    return nullptr;
  }
  antlr4::Token* emitEOF() override {
    at_end = true;
    return nullptr;
  }

  uint32_t begin = 0;
  uint32_t end = 0;
  bool at_end = false;
};

}  // namespace

size_t ByteStream::LA(ssize_t offset) {
  if (offset == 0) return 0;
  size_t at = at_ + static_cast<size_t>(offset < 0 ? offset : offset - 1);
  if (at >= text_.size()) return EOF;
  auto byte = static_cast<unsigned char>(text_[at]);
  return byte < 0x80 ? byte : kOutsideAscii;
}

std::string ByteStream::getText(const antlr4::misc::Interval& interval) {
  auto begin = static_cast<size_t>(interval.a);
  return std::string(text_.substr(begin, static_cast<size_t>(interval.b) - begin + 1));
}

Tokens lex(std::string_view text) {
  Tokens result;
  result.tokens.reserve(text.size() / 4 + 16);
  ByteStream stream(text);
  if (text.starts_with("\xEF\xBB\xBF")) stream.seek(3);  // a byte order mark
  Collector lexer(&stream);
  while (true) {
    lexer.nextToken();
    if (lexer.at_end) break;
    if (lexer.type == LcrLexer::SPACE) continue;
    bool comment = lexer.type == LcrLexer::DOC || lexer.type == LcrLexer::COMMENT;
    (comment ? result.comments : result.tokens).emplace_back(lexer.type, lexer.begin, lexer.end);
  }
  auto size = static_cast<uint32_t>(text.size());
  result.tokens.emplace_back(antlr4::Token::EOF, size, size);
  for (uint32_t i = 0; i < result.tokens.size(); ++i) result.tokens[i].set_index(i);
  return result;
}

antlr4::Token* TokenReader::LT(ssize_t offset) {
  if (offset == 0) return nullptr;
  size_t at = at_ + static_cast<size_t>(offset < 0 ? offset : offset - 1);
  return &tokens_.tokens[std::min(at, tokens_.size() - 1)];
}

}  // namespace lcr::syntax
