#include "compiler/server/semantic_tokens.h"

#include <algorithm>

#include "compiler/language/algorithms.h"
#include "compiler/language/format_rules.h"
#include "compiler/server/cursor.h"
#include "compiler/server/symbols.h"
#include "compiler/server/words.h"
#include "compiler/syntax/token_list.h"

namespace lcr::server {
namespace {

using syntax::PlainToken;

enum class Type { Keyword, Variable, Class, Function, Parameter, Namespace, Property, EnumMember, Number, String, Regexp, Operator, Comment, None };
constexpr const char* type_names[] = {"keyword", "variable", "class", "function", "parameter", "namespace", "property", "enumMember", "number", "string", "regexp", "operator", "comment"};
enum Modifier { declaration = 1, documentation = 2, default_library = 4 };
constexpr const char* modifier_names[] = {"declaration", "documentation", "defaultLibrary"};

struct Colored {
  uint32_t begin, end;
  Type type;
  int modifiers;
};

Type type_of(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::Select: return Type::Variable;
    case SymbolKind::Scheme: return Type::Class;
    case SymbolKind::Method:
    case SymbolKind::Block: return Type::Function;
    case SymbolKind::Param: return Type::Parameter;
    case SymbolKind::Preset: return Type::Namespace;
  }
  return Type::None;
}

// A word that no declaration stands behind: by what surrounds it.
Type type_of_word(std::string_view text, const PlainToken& token, const Cursor& cursor) {
  const std::string word(token.text(text));
  const size_t next = std::min(text.find_first_not_of(" \t", token.end), text.size());
  const std::string_view rest = text.substr(next);
  if (!cursor.brackets.empty() && (rest.starts_with("=") || rest.starts_with("<=") || rest.starts_with(">="))) return Type::Property;
  if (find_algorithm(word) != nullptr || constructor(word)) return Type::Function;
  if (cursor.inner() != nullptr && find_observer(word) != nullptr) return Type::Function;
  if (token.kind == PlainToken::Kind::Contextual) return rest.starts_with("(") && (word == "type" || word == "role" || word == "layers" || word == "where") ? Type::Function : Type::Keyword;
  if (rest.starts_with("(")) return Type::Function;
  if (cursor.inner() != nullptr && cursor.inner()->sign != '{') return Type::EnumMember;
  if (cursor.inner() != nullptr && !cursor.inner()->argument.empty()) return Type::EnumMember;
  if (cursor.head == "use" || cursor.head == "extends") return Type::Namespace;
  return Type::None;
}

Type type_of_token(PlainToken::Kind kind) {
  using Kind = PlainToken::Kind;
  switch (kind) {
    case Kind::Reserved: return Type::Keyword;
    case Kind::Number:
    case Kind::Quantity: return Type::Number;
    case Kind::Text:
    case Kind::Path: return Type::String;
    case Kind::Regex: return Type::Regexp;
    case Kind::Comment:
    case Kind::Doc: return Type::Comment;
    default: return Type::None;
  }
}

std::vector<Colored> color(Server& server, const Document& document) {
  const std::string_view text = document.text;
  const std::vector<PlainToken> tokens = syntax::list_tokens(text);
  const std::map<std::string, Symbol> names = visible(server, document.parsed);
  const std::vector<Occurrence> all = occurrences(document.parsed->tree);
  std::vector<Colored> colored;
  auto occurrence = all.begin();
  CursorWalk walk(text);
  for (const PlainToken& token : tokens) {
    while (occurrence != all.end() && occurrence->span.begin < token.begin) ++occurrence;
    Type type = type_of_token(token.kind);
    int modifiers = token.kind == PlainToken::Kind::Doc ? documentation : 0;
    if (token.kind == PlainToken::Kind::Word || token.kind == PlainToken::Kind::Contextual) {
      const bool here = occurrence != all.end() && occurrence->span.begin == token.begin && occurrence->span.end == token.end;
      const std::optional<Symbol> symbol = here ? resolve(names, *occurrence) : std::nullopt;
      type = symbol ? type_of(symbol->kind) : type_of_word(text, token, walk.cursor());
      if (symbol && occurrence->place == Place::Declaration) modifiers |= declaration;
      if (symbol && symbol->embedded()) modifiers |= default_library;
    }
    walk.read(token);
    if (type != Type::None) colored.push_back({token.begin, token.end, type, modifiers});
  }
  return colored;
}

// Five numbers a token: line and character relative to the token before, length, type, modifiers.
Json encode(const std::vector<Colored>& colored, const Positions& positions, Span range) {
  Json data = Json::array();
  Positions::Position last;
  for (const Colored& one : colored) {
    if (one.end <= range.begin || one.begin >= range.end) continue;
    const Positions::Position begin = positions.position(one.begin), end = positions.position(one.end);
    if (end.line != begin.line) continue;
    const uint32_t character = begin.line == last.line ? begin.character - last.character : begin.character;
    for (uint32_t number : {begin.line - last.line, character, end.character - begin.character, static_cast<uint32_t>(one.type), static_cast<uint32_t>(one.modifiers)})
      data.push_back(number);
    last = begin;
  }
  return {{"data", std::move(data)}};
}

}  // namespace

Json token_legend() { return {{"tokenTypes", type_names}, {"tokenModifiers", modifier_names}}; }

Answer semantic_tokens(Server& server, const Json& params) {
  const Document* document = server.document_of(params);
  if (document == nullptr) return Json();
  return encode(color(server, *document), Positions(document->text, server.units()), {0, 0, UINT32_MAX});
}

Answer semantic_tokens_range(Server& server, const Json& params) {
  const Document* document = server.document_of(params);
  if (document == nullptr) return Json();
  const Positions positions(document->text, server.units());
  return encode(color(server, *document), positions, positions.span(0, member(params, "range")));
}

}  // namespace lcr::server
