#include "backend/chat/parser.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "backend/chat/limits.h"

namespace lcr::chat {
namespace {

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::End: return "the end of the template";
    case TokenKind::Data: return "text";
    case TokenKind::OutputBegin: return "`{{`";
    case TokenKind::OutputEnd: return "`}}`";
    case TokenKind::BlockBegin: return "`{%`";
    case TokenKind::BlockEnd: return "`%}`";
    case TokenKind::Text: return "a text";
    default: return fmt::format("`{}`", token.text);
  }
}

std::unique_ptr<Statement> make(StatementKind kind, const Token& token) {
  auto node = std::make_unique<Statement>();
  node->kind = kind;
  node->offset = token.offset;
  return node;
}

}  // namespace

Nesting::Nesting(Parser& parser) : parser(parser) {
  if (++parser.depth_ > kDeepestTree) parser.fail(parser.now(), fmt::format("this is nested more than {} deep", kDeepestTree));
}

void Parser::fail(const Token& token, std::string message) {
  if (!failed_) problem_ = {std::move(message), token.offset};
  failed_ = true;
  // Nothing follows: every loop ends.
  at_ = tokens_.size() - 1;
}

bool Parser::skip_word(std::string_view word) {
  if (!now_word(word)) return false;
  advance();
  return true;
}

bool Parser::skip_operator(std::string_view word) {
  if (!now_operator(word)) return false;
  advance();
  return true;
}

void Parser::expect_operator(std::string_view word) {
  if (!skip_operator(word)) fail(now(), fmt::format("`{}` is expected here, not {}", word, describe(now())));
}

std::string Parser::expect_name() {
  std::string name = now().text;
  if (now().kind == TokenKind::Name) advance();
  else fail(now(), fmt::format("a name is expected here, not {}", describe(now())));
  return name;
}

Body Parser::parse() {
  Body body = statements({});
  if (!failed_ && now().kind != TokenKind::End) fail(now(), fmt::format("{} is not expected here", describe(now())));
  return body;
}

Body Parser::statements(std::initializer_list<std::string_view> ends) {
  Nesting nesting(*this);
  Body body;
  while (!failed_ && now().kind != TokenKind::End) {
    const Token& token = now();
    advance();
    if (token.kind == TokenKind::Data) {
      body.push_back(make(StatementKind::Text, token));
      body.back()->text = token.text;
    } else if (token.kind == TokenKind::OutputBegin) {
      body.push_back(make(StatementKind::Output, token));
      body.back()->values.push_back(tuple(true));
      if (now().kind != TokenKind::OutputEnd) fail(now(), fmt::format("`}}}}` is expected here, not {}", describe(now())));
      advance();
    } else {
      if (now().kind == TokenKind::Name && std::find(ends.begin(), ends.end(), now().text) != ends.end()) return body;
      if (auto node = statement()) body.push_back(std::move(node));
      if (now().kind != TokenKind::BlockEnd) fail(now(), fmt::format("`%}}` is expected here, not {}", describe(now())));
      advance();
    }
  }
  if (ends.size() > 0) fail(now(), fmt::format("`{}` is missing at the end of the template", *(ends.end() - 1)));
  return body;
}

Body Parser::block(std::initializer_list<std::string_view> ends, std::string& end) {
  skip_operator(":");
  if (now().kind != TokenKind::BlockEnd) fail(now(), fmt::format("`%}}` is expected here, not {}", describe(now())));
  advance();
  Body body = statements(ends);
  end = now().text;
  advance();
  return body;
}

std::unique_ptr<Statement> Parser::statement() {
  struct Word {
    std::string_view word;
    StatementKind kind;
  };
  constexpr Word words[] = {{"if", StatementKind::If}, {"for", StatementKind::For}, {"set", StatementKind::Set},
                            {"with", StatementKind::With}, {"macro", StatementKind::MacroBlock}, {"call", StatementKind::Call},
                            {"filter", StatementKind::FilterBlock}, {"generation", StatementKind::Generation},
                            {"print", StatementKind::Output}, {"break", StatementKind::Break}, {"continue", StatementKind::Continue}};
  const Token& token = now();
  auto known = std::find_if(std::begin(words), std::end(words), [&](const Word& each) { return now_word(each.word); });
  if (known == std::end(words)) {
    fail(token, fmt::format("{} begins no statement that is known here", describe(token)));
    return nullptr;
  }
  advance();
  auto node = make(known->kind, token);
  std::string end;
  switch (known->kind) {
    case StatementKind::If: parse_if(*node); break;
    case StatementKind::For: parse_for(*node); break;
    case StatementKind::Set: parse_set(*node); break;
    case StatementKind::With: parse_with(*node); break;
    case StatementKind::MacroBlock: parse_macro(*node); break;
    case StatementKind::Call: parse_call(*node); break;
    case StatementKind::FilterBlock:
      node->values.push_back(nullptr);
      do node->values[0] = measured(filter(std::move(node->values[0])));
      while (skip_operator("|"));
      node->body = block({"endfilter"}, end);
      break;
    case StatementKind::Generation:
      marks_generation_ = true;
      node->body = block({"endgeneration"}, end);
      break;
    case StatementKind::Output:
      do node->values.push_back(expression());
      while (skip_operator(","));
      break;
    default:
      if (loops_ == 0) fail(token, fmt::format("`{}` stands in no loop", token.text));
  }
  return node;
}

void Parser::parse_if(Statement& node) {
  Nesting nesting(*this);
  node.values.push_back(tuple(false));
  std::string end;
  node.body = block({"elif", "else", "endif"}, end);
  if (end == "elif") {
    node.otherwise.push_back(make(StatementKind::If, now()));
    parse_if(*node.otherwise.back());
  } else if (end == "else") {
    node.otherwise = block({"endif"}, end);
  }
}

void Parser::parse_for(Statement& node) {
  node.targets.push_back(target(false));
  if (!skip_word("in")) fail(now(), fmt::format("`in` is expected here, not {}", describe(now())));
  node.values.push_back(tuple(false));
  if (skip_word("if")) node.values.push_back(expression());
  if (now_word("recursive")) fail(now(), "recursive loops are not known here");
  std::string end;
  ++loops_;
  node.body = block({"else", "endfor"}, end);
  --loops_;
  if (end == "else") node.otherwise = block({"endfor"}, end);
}

void Parser::parse_set(Statement& node) {
  node.targets.push_back(target(true));
  if (skip_operator("=")) {
    node.values.push_back(tuple(true));
    return;
  }
  node.kind = StatementKind::SetBlock;
  if (now_operator("|")) {
    ExpressionPtr chain;
    while (skip_operator("|")) chain = measured(filter(std::move(chain)));
    node.values.push_back(std::move(chain));
  }
  std::string end;
  node.body = block({"endset"}, end);
}

void Parser::parse_with(Statement& node) {
  while (!failed_ && now().kind != TokenKind::BlockEnd) {
    if (!node.targets.empty()) expect_operator(",");
    node.targets.push_back(target(false));
    expect_operator("=");
    node.values.push_back(expression());
  }
  std::string end;
  node.body = block({"endwith"}, end);
}

void Parser::signature(MacroNode& macro) {
  expect_operator("(");
  while (!failed_ && !now_operator(")")) {
    if (!macro.parameters.empty()) expect_operator(",");
    macro.parameters.push_back(expect_name());
    if (skip_operator("=")) macro.defaults.push_back(expression());
    else if (!macro.defaults.empty()) fail(now(), "a parameter without a default follows one with a default");
  }
  expect_operator(")");
}

void Parser::parse_macro(Statement& node) {
  node.macro = std::make_unique<MacroNode>();
  node.macro->offset = node.offset;
  node.macro->name = expect_name();
  signature(*node.macro);
  int outside = std::exchange(loops_, 0);
  std::string end;
  node.macro->body = block({"endmacro"}, end);
  loops_ = outside;
}

void Parser::parse_call(Statement& node) {
  node.macro = std::make_unique<MacroNode>();
  node.macro->offset = node.offset;
  node.macro->name = "caller";
  if (now_operator("(")) signature(*node.macro);
  node.values.push_back(expression());
  if (node.values[0] && node.values[0]->kind != ExpressionKind::Call) fail(now(), "a `call` block needs a call");
  int outside = std::exchange(loops_, 0);
  std::string end;
  node.macro->body = block({"endcall"}, end);
  loops_ = outside;
}

}  // namespace lcr::chat
