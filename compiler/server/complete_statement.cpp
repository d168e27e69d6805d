#include <algorithm>

#include "compiler/server/completion.h"
#include "stdlib/stdlib.h"

namespace lcr::server {
namespace {

void add_keywords(CompletionSpot& at, std::initializer_list<std::pair<const char*, const char*>> words, int rank = 1) {
  for (const auto& [word, doc] : words) at.add({word, ItemKind::Keyword, doc, {}, {}, false, rank});
}

void after_selection(CompletionSpot& at) { add_keywords(at, {{"except", "without"}}, 2); }

void complete_quantize(CompletionSpot& at, bool operand) {
  if (at.cursor.clause.empty()) {
    if (operand) return add_selections(at);
    add_keywords(at, {{"as", "the precision"}});
    return after_selection(at);
  }
  if (at.cursor.clause == "as") {
    if (!operand) return add_keywords(at, {{"with", "by which algorithms"}});
    add_precisions(at);
    return at.add({"auto", ItemKind::Keyword, "a choice for the budget", {}, "auto [${1}, keep]", true, 2});
  }
  if (!operand) return add_keywords(at, {{"then", "the next algorithm"}});
  at.add_names({SymbolKind::Method});
  add_algorithms(at, {AlgorithmRole::Transform, AlgorithmRole::Solver});
}

void complete_prune(CompletionSpot& at, bool operand) {
  if (at.cursor.clause.empty()) {
    if (operand) return add_selections(at);
    add_keywords(at, {{"by", "a share that is removed"}, {"to", "what stays of neighbours, as 2:4"}, {"with", "by which algorithm"}});
    return after_selection(at);
  }
  if (at.cursor.clause == "with" && operand) return add_algorithms(at, {AlgorithmRole::Pruner});
  if (!operand) add_keywords(at, {{"with", "by which algorithm"}});
}

void complete_transform(CompletionSpot& at, bool operand) {
  if (at.cursor.clause == "on") return operand ? add_selections(at) : after_selection(at);
  if (operand) return add_algorithms(at, {AlgorithmRole::ModelWide});
  add_keywords(at, {{"on", "which modules"}});
}

void complete_declaration(CompletionSpot& at, bool operand) {
  if (at.cursor.head == "param") {
    if (at.cursor.before == ":") at.add_words(param_types(), ItemKind::Class);
    return;
  }
  if (at.cursor.clause.empty()) return;
  if (at.cursor.head == "select") {
    if (operand) return add_selections(at);
    add_keywords(at, {{"expect", "pins the number of matches"}});
    return after_selection(at);
  }
  if (operand) {
    at.add_names({SymbolKind::Method});
    return add_algorithms(at, {AlgorithmRole::Transform, AlgorithmRole::Solver});
  }
  add_keywords(at, {{"then", "the next algorithm"}});
}

}  // namespace

void complete_statement(CompletionSpot& at) {
  const Cursor& cursor = at.cursor;
  const std::string& head = cursor.head;
  const bool operand = wants_operand(cursor.before) || (cursor.before == head && cursor.words.size() <= 2);
  // A line of its own begins a statement, unless the one above it is not complete.
  if (head.empty() || (cursor.line_begins && !operand)) {
    if (at.document.parsed->tree.header.kind == syntax::FileKind::None && at.document.parsed->tree.language == 0)
      at.add({"language", ItemKind::Keyword, "begins every file", {}, "language 1", false, 0});
    return at.add_words(statement_words(at.document.parsed->tree.header.kind), ItemKind::Keyword);
  }
  if (cursor.before == "override") return add_keywords(at, {{"keep", "leaves modules as they are"}, {"quantize", "gives modules a precision"}, {"prune", "removes weights"}});
  if (head == "quantize") return complete_quantize(at, operand);
  if (head == "prune") return complete_prune(at, operand);
  if (head == "transform") return complete_transform(at, operand);
  if (head == "default") return add_keywords(at, {{"keep", "leave what no rule names"}, {"refuse", "an error for what no rule names"}});
  if (head == "keep" || head == "dequantize" || head == "untie") return operand ? add_selections(at) : after_selection(at);
  if (head == "select" || head == "method" || head == "param") return complete_declaration(at, operand);
  if (head == "export" && operand) return at.add_words(export_formats(), ItemKind::Constant);
  if (head == "serve" && operand)
    for (std::string_view server : stdlib::names_below("serving")) at.add({std::string(server), ItemKind::Constant, "server", {}, {}, false, 1});
}

}  // namespace lcr::server
