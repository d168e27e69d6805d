#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/chat/value.h"

namespace lcr::chat {

struct Expression;
struct Statement;
using ExpressionPtr = std::unique_ptr<Expression>;
using Body = std::vector<std::unique_ptr<Statement>>;

enum class ExpressionKind : uint8_t {
  Constant,     // value
  Name,         // name
  Member,       // name.attribute of a namespace, as a target: name, parts[0] = Constant text
  List, Tuple,  // parts
  Dict,         // parts: key, value, key, value …
  Attribute,    // parts[0] . name
  Item,         // parts[0] [ parts[1] ]
  Slice,        // parts: begin, end, step; null where absent
  Call,         // parts[0] ( parts[1..], named )
  Filter,       // parts[0] | name ( parts[1..], named ); parts[0] null: what a block holds
  Test,         // parts[0] is name ( parts[1..], named )
  Not, And, Or,
  Compare,      // parts[0] words[0] parts[1] words[1] …
  Arithmetic,   // parts[0] name parts[1]
  Negative, Positive,
  Concat,       // parts
  Conditional,  // parts: test, value, other value or null
};

struct Expression {
  ExpressionKind kind = ExpressionKind::Constant;
  // Into the template's text.
  uint32_t offset = 0;
  // One more than that of its parts.
  uint32_t height = 1;
  std::string name;
  Value value;
  std::vector<ExpressionPtr> parts;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  std::vector<std::string> words;
};

// What a macro or the body of a `call` is made of. Defaults belong to the last parameters.
struct MacroNode {
  std::string name;
  uint32_t offset = 0;
  std::vector<std::string> parameters;
  std::vector<ExpressionPtr> defaults;
  Body body;
};

enum class StatementKind : uint8_t {
  Text,        // text
  Output,      // values
  If,          // values[0], body, otherwise
  For,         // target in values[0] [if values[1]], body, otherwise
  Set,         // target = values[0]
  SetBlock,    // target = body, through the filters values[0] when there are some
  With,        // targets[i] = values[i], body
  MacroBlock,  // macro
  Call,        // values[0], with macro as `caller`
  FilterBlock, // values[0] around body
  Generation,  // body is what the assistant says
  Break, Continue,
};

struct Statement {
  StatementKind kind = StatementKind::Text;
  uint32_t offset = 0;
  std::string text;
  std::vector<ExpressionPtr> targets;
  std::vector<ExpressionPtr> values;
  Body body;
  Body otherwise;
  std::unique_ptr<MacroNode> macro;
};

}  // namespace lcr::chat
