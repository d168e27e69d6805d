#include <algorithm>

#include <fmt/format.h>

#include "backend/chat/limits.h"
#include "backend/chat/parser.h"

namespace lcr::chat {
namespace {

using Kind = ExpressionKind;

ExpressionPtr make(Kind kind, const Token& token, std::string name = {}) {
  auto node = std::make_unique<Expression>();
  node->kind = kind;
  node->offset = token.offset;
  node->name = std::move(name);
  return node;
}

ExpressionPtr make(Kind kind, const Token& token, ExpressionPtr first, ExpressionPtr second = nullptr) {
  ExpressionPtr node = make(kind, token);
  node->parts.push_back(std::move(first));
  if (second) node->parts.push_back(std::move(second));
  return node;
}

ExpressionPtr constant(const Token& token, Value value) {
  ExpressionPtr node = make(Kind::Constant, token);
  node->value = std::move(value);
  return node;
}

}  // namespace

ExpressionPtr Parser::measured(ExpressionPtr node) {
  uint32_t tallest = 0;
  for (const ExpressionPtr& part : node->parts) tallest = std::max(tallest, part ? part->height : 0);
  for (const auto& [name, value] : node->named) tallest = std::max(tallest, value->height);
  node->height = tallest + 1;
  if (node->height > kTallestExpression) fail(now(), fmt::format("this is nested more than {} deep", kTallestExpression));
  return node;
}

// A name, `name.member` of a namespace, or several of them.
ExpressionPtr Parser::target(bool with_members) {
  const Token& token = now();
  ExpressionPtr first = target_part(with_members);
  if (!now_operator(",")) return first;
  ExpressionPtr node = make(Kind::Tuple, token, std::move(first));
  while (skip_operator(",") && (now_operator("(") || (now().kind == TokenKind::Name && !now_word("in")))) node->parts.push_back(target_part(with_members));
  return node;
}

ExpressionPtr Parser::target_part(bool with_members) {
  Nesting nesting(*this);
  const Token& token = now();
  if (skip_operator("(")) {
    ExpressionPtr inner = target(with_members);
    expect_operator(")");
    return inner;
  }
  std::string name = expect_name();
  for (std::string_view word : {"true", "false", "none", "True", "False", "None"})
    if (name == word) fail(token, fmt::format("`{}` cannot be set", name));
  if (!with_members || !skip_operator(".")) return make(Kind::Name, token, name);
  ExpressionPtr node = make(Kind::Member, token, name);
  const Token& member = now();
  node->parts.push_back(constant(member, Value::text(expect_name())));
  return node;
}

ExpressionPtr Parser::tuple(bool conditional, TupleEnd end, bool in_parentheses) {
  const Token& token = now();
  ExpressionPtr node = make(Kind::Tuple, token);
  bool several = false;
  auto at_end = [&] {
    return now().kind == TokenKind::OutputEnd || now().kind == TokenKind::BlockEnd || now_operator(")") ||
           (end == TupleEnd::In && now_word("in"));
  };
  while (!failed_) {
    if (at_end()) break;
    node->parts.push_back(conditional ? expression() : disjunction());
    if (!skip_operator(",")) break;
    several = true;
  }
  if (several) return measured(std::move(node));
  if (!node->parts.empty()) return std::move(node->parts[0]);
  if (!in_parentheses) fail(token, "an expression is expected here");
  return node;
}

ExpressionPtr Parser::expression() {
  Nesting nesting(*this);
  const Token& token = now();
  ExpressionPtr node = disjunction();
  while (skip_word("if")) {
    ExpressionPtr test = disjunction();
    ExpressionPtr choice = make(Kind::Conditional, token, std::move(test), std::move(node));
    choice->parts.push_back(skip_word("else") ? expression() : nullptr);
    node = measured(std::move(choice));
  }
  return node;
}

ExpressionPtr Parser::disjunction() {
  ExpressionPtr node = conjunction();
  for (const Token* token = &now(); skip_word("or"); token = &now()) {
    ExpressionPtr right = conjunction();
    node = measured(make(Kind::Or, *token, std::move(node), std::move(right)));
  }
  return node;
}

ExpressionPtr Parser::conjunction() {
  ExpressionPtr node = negation();
  for (const Token* token = &now(); skip_word("and"); token = &now()) {
    ExpressionPtr right = negation();
    node = measured(make(Kind::And, *token, std::move(node), std::move(right)));
  }
  return node;
}

ExpressionPtr Parser::negation() {
  Nesting nesting(*this);
  const Token& token = now();
  if (skip_word("not")) return measured(make(Kind::Not, token, negation()));
  return comparison();
}

ExpressionPtr Parser::comparison() {
  const Token& token = now();
  ExpressionPtr node = make(Kind::Compare, token, sum());
  while (!failed_) {
    std::string word;
    for (std::string_view each : {"==", "!=", "<", "<=", ">", ">="})
      if (now_operator(each)) word = each;
    if (now_word("in")) word = "in";
    if (now_word("not") && ahead().is(TokenKind::Name, "in")) {
      word = "not in";
      advance();
    }
    if (word.empty()) break;
    advance();
    node->words.push_back(word);
    node->parts.push_back(sum());
  }
  return node->words.empty() ? std::move(node->parts[0]) : measured(std::move(node));
}

ExpressionPtr Parser::sum() {
  ExpressionPtr node = concatenation();
  while (now_operator("+") || now_operator("-")) {
    const Token& token = now();
    advance();
    ExpressionPtr right = concatenation();
    node = measured(make(Kind::Arithmetic, token, std::move(node), std::move(right)));
    node->name = token.text;
  }
  return node;
}

ExpressionPtr Parser::concatenation() {
  const Token& token = now();
  ExpressionPtr node = make(Kind::Concat, token, product());
  while (skip_operator("~")) node->parts.push_back(product());
  return node->parts.size() == 1 ? std::move(node->parts[0]) : measured(std::move(node));
}

ExpressionPtr Parser::product() {
  ExpressionPtr node = power();
  while (now_operator("*") || now_operator("/") || now_operator("//") || now_operator("%")) {
    const Token& token = now();
    advance();
    ExpressionPtr right = power();
    node = measured(make(Kind::Arithmetic, token, std::move(node), std::move(right)));
    node->name = token.text;
  }
  return node;
}

ExpressionPtr Parser::power() {
  ExpressionPtr node = unary(true);
  while (now_operator("**")) {
    const Token& token = now();
    advance();
    ExpressionPtr right = unary(true);
    node = measured(make(Kind::Arithmetic, token, std::move(node), std::move(right)));
    node->name = token.text;
  }
  return node;
}

ExpressionPtr Parser::unary(bool with_filters) {
  Nesting nesting(*this);
  const Token& token = now();
  ExpressionPtr node;
  if (skip_operator("-")) node = measured(make(Kind::Negative, token, unary(false)));
  else if (skip_operator("+")) node = measured(make(Kind::Positive, token, unary(false)));
  else node = primary();
  node = postfix(std::move(node));
  return with_filters ? filters_and_tests(std::move(node)) : std::move(node);
}

ExpressionPtr Parser::primary() {
  const Token& token = now();
  switch (token.kind) {
    case TokenKind::Name:
      advance();
      if (token.text == "true" || token.text == "True") return constant(token, Value(true));
      if (token.text == "false" || token.text == "False") return constant(token, Value(false));
      if (token.text == "none" || token.text == "None") return constant(token, Value(None{}));
      return make(Kind::Name, token, token.text);
    case TokenKind::Text: {
      std::string text;
      for (; now().kind == TokenKind::Text; advance()) text += now().text;
      return constant(token, Value::text(std::move(text)));
    }
    case TokenKind::Integer:
    case TokenKind::Float: advance(); return constant(token, token.value);
    default: break;
  }
  if (skip_operator("(")) {
    ExpressionPtr node = tuple(true, TupleEnd::Tag, true);
    expect_operator(")");
    return node;
  }
  if (now_operator("[")) return list();
  if (now_operator("{")) return dict();
  fail(token, "an expression is expected here");
  return constant(token, {});
}

ExpressionPtr Parser::list() {
  ExpressionPtr node = make(Kind::List, now());
  expect_operator("[");
  while (!failed_ && !now_operator("]")) {
    node->parts.push_back(expression());
    if (!now_operator("]")) expect_operator(",");
  }
  expect_operator("]");
  return measured(std::move(node));
}

ExpressionPtr Parser::dict() {
  ExpressionPtr node = make(Kind::Dict, now());
  expect_operator("{");
  while (!failed_ && !now_operator("}")) {
    node->parts.push_back(expression());
    expect_operator(":");
    node->parts.push_back(expression());
    if (!now_operator("}")) expect_operator(",");
  }
  expect_operator("}");
  return measured(std::move(node));
}

ExpressionPtr Parser::postfix(ExpressionPtr node) {
  while (!failed_) {
    if (now_operator(".") || now_operator("[")) node = measured(subscript(std::move(node)));
    else if (now_operator("(")) node = measured(call(std::move(node)));
    else break;
  }
  return node;
}

ExpressionPtr Parser::filters_and_tests(ExpressionPtr node) {
  while (!failed_) {
    if (skip_operator("|")) node = measured(filter(std::move(node)));
    else if (now_word("is")) node = measured(test(std::move(node)));
    else if (now_operator("(")) node = measured(call(std::move(node)));
    else break;
  }
  return node;
}

ExpressionPtr Parser::subscript(ExpressionPtr node) {
  const Token& token = now();
  if (skip_operator(".")) {
    const Token& member = now();
    if (member.kind == TokenKind::Integer) {
      advance();
      return make(Kind::Item, token, std::move(node), constant(member, member.value));
    }
    ExpressionPtr attribute = make(Kind::Attribute, token, std::move(node));
    attribute->name = expect_name();
    return attribute;
  }
  expect_operator("[");
  ExpressionPtr result = subscripted(std::move(node), token);
  expect_operator("]");
  return result;
}

// `index`, or `begin:end:step` with all of them optional.
ExpressionPtr Parser::subscripted(ExpressionPtr node, const Token& token) {
  ExpressionPtr slice = make(Kind::Slice, token);
  auto part = [&]() -> ExpressionPtr { return now_operator(":") || now_operator("]") ? nullptr : expression(); };
  slice->parts.push_back(part());
  if (!now_operator(":")) {
    if (!slice->parts[0]) fail(now(), "an index is expected here");
    return make(Kind::Item, token, std::move(node), std::move(slice->parts[0]));
  }
  while (slice->parts.size() < 3 && skip_operator(":")) slice->parts.push_back(part());
  slice->parts.resize(3);
  return make(Kind::Item, token, std::move(node), std::move(slice));
}

ExpressionPtr Parser::filter(ExpressionPtr input) {
  Nesting nesting(*this);
  const Token& token = now();
  ExpressionPtr node = make(Kind::Filter, token, std::move(input));
  node->name = expect_name();
  if (!failed_ && !knows_filter(node->name)) fail(token, fmt::format("there is no filter `{}` here", node->name));
  if (now_operator("(")) arguments(*node);
  return node;
}

ExpressionPtr Parser::test(ExpressionPtr input) {
  const Token& token = now();
  advance();
  bool negated = skip_word("not");
  const Token& name = now();
  ExpressionPtr node = make(Kind::Test, token, std::move(input));
  node->name = expect_name();
  if (!failed_ && !knows_test(node->name)) fail(name, fmt::format("there is no test `{}` here", node->name));
  bool ends = now_word("else") || now_word("or") || now_word("and");
  if (now_operator("(")) {
    arguments(*node);
  } else if (now_word("is")) {
    fail(now(), "tests with `is` cannot follow each other");
  } else if (!ends && (now().kind == TokenKind::Name || now().kind == TokenKind::Text || now().kind == TokenKind::Integer ||
                       now().kind == TokenKind::Float || now_operator("[") || now_operator("{"))) {
    node->parts.push_back(postfix(primary()));
  }
  return negated ? make(Kind::Not, token, std::move(node)) : std::move(node);
}

ExpressionPtr Parser::call(ExpressionPtr callee) {
  ExpressionPtr node = make(Kind::Call, now(), std::move(callee));
  arguments(*node);
  return node;
}

void Parser::arguments(Expression& node) {
  Nesting nesting(*this);
  expect_operator("(");
  while (!failed_ && !now_operator(")")) {
    if (now_operator("*") || now_operator("**")) {
      fail(now(), "arguments out of a list or a dict are not known here");
    } else if (now().kind == TokenKind::Name && ahead().is(TokenKind::Operator, "=")) {
      std::string name = expect_name();
      advance();
      node.named.emplace_back(std::move(name), expression());
    } else {
      if (!node.named.empty()) fail(now(), "an argument without a name follows one with a name");
      node.parts.push_back(expression());
    }
    if (!now_operator(")")) expect_operator(",");
  }
  expect_operator(")");
}

}  // namespace lcr::chat
