#include "compiler/server/completion.h"

#include <fmt/format.h>

#include "compiler/server/describe.h"

namespace lcr::server {
namespace {

Json item_json(const CompletionSpot& at, const Item& item, const Json& range) {
  const bool snippet = item.snippet && at.server.snippets();
  // A client without snippets gets the word alone.
  const std::string text = item.insert.empty() || (item.snippet && !snippet) ? item.label : item.insert;
  Json result = {{"label", item.label}, {"kind", static_cast<int>(item.kind)}, {"sortText", fmt::format("{}{}", item.rank, item.label)},
                 {"textEdit", {{"range", range}, {"newText", text}}}};
  if (!item.detail.empty()) result["detail"] = item.detail;
  if (!item.doc.empty()) result["documentation"] = {{"kind", "markdown"}, {"value", item.doc}};
  if (snippet) result["insertTextFormat"] = 2;
  return result;
}

bool is_quoted(const Cursor& cursor, syntax::PlainToken::Kind kind) { return cursor.token && cursor.token->kind == kind; }

void complete(CompletionSpot& at) {
  using Kind = syntax::PlainToken::Kind;
  if (at.cursor.in_comment || is_quoted(at.cursor, Kind::Text) || is_quoted(at.cursor, Kind::Regex)) return;
  if (is_quoted(at.cursor, Kind::Path)) return complete_path(at);
  const bool fresh = at.cursor.brackets.empty() && at.cursor.line_begins;
  if (!fresh && (at.cursor.head == "use" || at.cursor.head == "extends") && (at.cursor.head == "use" || at.cursor.brackets.empty())) return complete_import(at);
  if (!at.cursor.brackets.empty()) return complete_brackets(at);
  complete_statement(at);
}

}  // namespace

void CompletionSpot::add_words(std::span<const WordDoc> words, ItemKind kind, int rank) {
  for (const WordDoc& word : words)
    add({std::string(word.word), kind, std::string(word.doc), {}, std::string(word.snippet), !word.snippet.empty(), rank});
}

void CompletionSpot::add_names(std::initializer_list<SymbolKind> kinds, int rank) {
  for (const auto& [name, symbol] : names) {
    if (std::find(kinds.begin(), kinds.end(), symbol.kind) == kinds.end()) continue;
    const ItemKind kind = symbol.kind == SymbolKind::Scheme ? ItemKind::Class : symbol.kind == SymbolKind::Method ? ItemKind::Function : ItemKind::Variable;
    add({name, kind, std::string(describe(symbol.kind)), describe_symbol(symbol), {}, false, rank});
  }
}

void add_selections(CompletionSpot& at) {
  at.add_names({SymbolKind::Select, SymbolKind::Param});
  at.add_words(selection_terms(), ItemKind::Keyword);
}

void add_precisions(CompletionSpot& at) {
  at.add_names({SymbolKind::Scheme, SymbolKind::Param});
  at.add_words(format_docs(), ItemKind::Function, 2);
}

void add_algorithms(CompletionSpot& at, std::initializer_list<AlgorithmRole> roles) {
  for (const AlgorithmInfo& info : algorithms()) {
    if (std::find(roles.begin(), roles.end(), info.role) == roles.end()) continue;
    // What must be written comes along.
    std::string insert;
    int hole = 0;
    for (const ParameterInfo& parameter : info.parameters)
      if (parameter.absent == Absent::Refused) insert += fmt::format("{}{} = ${{{}}}", insert.empty() ? "" : ", ", parameter.name, ++hole);
    const bool snippet = !insert.empty();
    if (snippet) insert = fmt::format("{}({})", info.name, insert);
    at.add({std::string(info.name), ItemKind::Function, std::string(info.doc), describe_algorithm(info), insert, snippet, 1});
  }
}

Answer completion(Server& server, const Json& params) {
  const Document* document = server.document_of(params);
  if (document == nullptr) return Json::array();
  const Positions positions(document->text, server.units());
  const uint32_t offset = positions.offset(member(params, "position"));
  CompletionSpot at{server, *document, offset, cursor_at(document->text, syntax::list_tokens(document->text), offset), visible(server, document->parsed), {}};
  complete(at);
  const Json range = positions.range(std::min(at.cursor.begin, offset), offset);
  Json items = Json::array();
  for (const Item& item : at.items) items.push_back(item_json(at, item, range));
  return Json{{"isIncomplete", false}, {"items", std::move(items)}};
}

}  // namespace lcr::server
