#pragma once

// Private to this room: the only headers that know ANTLR are tokens.h, from_antlr.h and expected.h.
#include <antlr4-runtime.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "LcrLexer.h"
#include "LcrParser.h"

namespace lcr::syntax {

using grammar::LcrLexer;
using grammar::LcrParser;

// A text as a stream of bytes, so that every offset is a byte offset. No rule of the lexer tells one byte outside
// ASCII from another; they all read as one stand-in, which keeps them in the cached part of the automaton.
class ByteStream final : public antlr4::CharStream {
 public:
  explicit ByteStream(std::string_view text) : text_(text) {}

  void consume() override { ++at_; }
  size_t LA(ssize_t offset) override;
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = index; }
  size_t size() override { return text_.size(); }
  std::string getSourceName() const override { return {}; }
  std::string getText(const antlr4::misc::Interval& interval) override;
  std::string toString() const override { return std::string(text_); }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

// One token as ANTLR wants it, without a text of its own: bytes [begin, end) of the source.
class Token final : public antlr4::Token {
 public:
  Token(size_t type, uint32_t begin, uint32_t end) : type_(type), begin_(begin), end_(end) {}

  uint32_t begin() const { return begin_; }
  uint32_t end() const { return end_; }
  size_t type() const { return type_; }
  void set_index(uint32_t index) { index_ = index; }

  std::string getText() const override { return {}; }
  size_t getType() const override { return type_; }
  size_t getLine() const override { return 0; }
  size_t getCharPositionInLine() const override { return 0; }
  size_t getChannel() const override { return DEFAULT_CHANNEL; }
  size_t getTokenIndex() const override { return index_; }
  size_t getStartIndex() const override { return begin_; }
  size_t getStopIndex() const override { return end_ - 1; }
  antlr4::TokenSource* getTokenSource() const override { return nullptr; }
  antlr4::CharStream* getInputStream() const override { return nullptr; }
  std::string toString() const override { return {}; }

 private:
  size_t type_;
  uint32_t begin_;
  uint32_t end_;
  uint32_t index_ = 0;
};

// The tokens of one text without spaces and comments, the last one EOF, and the comments apart.
struct Tokens {
  std::vector<Token> tokens;
  std::vector<Token> comments;  // DOC and COMMENT

  size_t size() const { return tokens.size(); }
  const Token& operator[](size_t i) const { return tokens[i]; }
};

// Never fails: every byte belongs to a token. The text must be shorter than 4 GiB.
Tokens lex(std::string_view text);

// The tokens as the parser reads them; past the end it gives EOF again.
class TokenReader final : public antlr4::TokenStream {
 public:
  explicit TokenReader(Tokens& tokens) : tokens_(tokens) {}

  void consume() override { ++at_; }
  size_t LA(ssize_t offset) override { return LT(offset)->getType(); }
  antlr4::Token* LT(ssize_t offset) override;
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = index; }
  size_t size() override { return tokens_.size(); }
  std::string getSourceName() const override { return {}; }
  antlr4::Token* get(size_t index) const override { return &tokens_.tokens[index]; }
  antlr4::TokenSource* getTokenSource() const override { return nullptr; }
  std::string getText(const antlr4::misc::Interval&) override { return {}; }
  std::string getText() override { return {}; }
  std::string getText(antlr4::RuleContext*) override { return {}; }
  std::string getText(antlr4::Token*, antlr4::Token*) override { return {}; }

 private:
  Tokens& tokens_;
  size_t at_ = 0;
};

}  // namespace lcr::syntax
