#include "compiler/server/hover.h"

#include <fmt/format.h>

#include "compiler/check/rule_words.h"
#include "compiler/server/cursor.h"
#include "compiler/server/describe.h"
#include "compiler/server/symbols.h"

namespace lcr::server {
namespace {

using syntax::PlainToken;

// What every part of the search looks at.
struct Spot {
  Server& server;
  const Document& document;
  PlainToken token;
  std::string word;
  Cursor cursor;       // at the token
  bool named = false;  // a relation follows: the name of an argument or field
};

// The parameters of whatever the bracket belongs to.
std::span<const ParameterInfo> parameters_of(const std::string& owner) {
  if (const AlgorithmInfo* algorithm = find_algorithm(owner)) return algorithm->parameters;
  if (const ObserverInfo* observer = find_observer(owner)) return observer->parameters;
  return {};
}

std::string bracket_text(const Spot& at) {
  const Bracket* inner = at.cursor.inner();
  if (inner == nullptr) return {};
  if (at.named && inner->sign == '(') {
    if (const ParameterInfo* parameter = find_parameter(parameters_of(inner->owner), at.word)) return describe_parameter(inner->owner, *parameter);
    if (const FieldDoc* field = find_field("format", at.word)) return describe_field("format", *field);
  }
  if (at.named && inner->sign == '{')
    if (const FieldDoc* field = find_field(inner->owner, at.word)) return describe_field(inner->owner, *field);
  // A word that is the value of a field.
  const FieldDoc* field = inner->sign == '{' ? find_field(inner->owner, inner->argument) : find_field("format", inner->argument);
  if (const WordDoc* word = field ? find_word_doc(field->words, at.word) : nullptr; word && !word->doc.empty()) return fmt::format("**{}**: {}", word->word, word->doc);
  if (inner->owner == "type")
    if (const WordDoc* word = find_word_doc(kind_docs(), at.word)) return fmt::format("**{}**: {}", word->word, word->doc);
  if (inner->owner == "role")
    if (const WordDoc* word = find_word_doc(role_docs(), at.word)) return fmt::format("**{}**: {}", word->word, word->doc);
  return {};
}

// The rule under its own first word: what it matches and what it decides.
std::string rule_text(const Spot& at) {
  const Analysis& analysis = at.server.analysis(at.document);
  if (!analysis.typed) return {};
  for (size_t r = 0; r < analysis.recipe->rules.size(); ++r) {
    const Rule& rule = analysis.recipe->rules[r];
    if (rule.span.file != analysis.file || at.token.begin < rule.span.begin || at.token.end > rule.selection.span.begin) continue;
    const bool points = rule.cache.has_value();
    std::vector<uint32_t> decided;
    for (uint32_t unit : analysis.typed->matched[r]) {
      const Assignment& assignment = analysis.typed->assignments[points ? analysis.typed->of_point[unit] : analysis.typed->of_module[unit]];
      if (assignment.rule == static_cast<int32_t>(r) || assignment.prune_rule == static_cast<int32_t>(r)) decided.push_back(unit);
    }
    const size_t matched = analysis.typed->matched[r].size();
    const Matches matches = measure(analysis, points, std::move(decided));
    std::string text = fmt::format("\n\ndecides **{}**", count_words(matches));
    if (matches.units.size() != matched) text += fmt::format(" of {} that it matches", matched);
    if (const std::string sizes = size_words(matches); !sizes.empty()) text += ": " + sizes;
    return text;
  }
  return {};
}

std::string selection_text(const Spot& at) {
  const Analysis& analysis = at.server.analysis(at.document);
  const Selection* selection = selection_at(analysis, at.token.begin);
  if (selection == nullptr) return {};
  const std::optional<Matches> matches = match(analysis, *selection);
  return matches ? describe_matches(analysis, *matches) : std::string();
}

std::string symbol_text(const Spot& at) {
  const std::vector<Occurrence> all = occurrences(at.document.parsed->tree);
  const Occurrence* here = occurrence_at(all, at.token.begin);
  if (here == nullptr || here->text != at.word) return {};
  const std::optional<Symbol> symbol = resolve(visible(at.server, at.document.parsed), *here);
  if (!symbol) return {};
  std::string text = describe_symbol(*symbol);
  if (symbol->kind != SymbolKind::Select) return text;
  const Analysis& analysis = at.server.analysis(at.document);
  const Selection* selection = selection_of(analysis, here->span);
  const auto* select = symbol->statement ? std::get_if<syntax::Select>(&symbol->statement->node) : nullptr;
  if (selection == nullptr && select != nullptr && here->place == Place::Declaration) selection = selection_of(analysis, select->value.span);
  if (selection == nullptr && analysis.recipe) {
    for (const NamedSelection& named : analysis.recipe->selections)
      if (named.name == symbol->name) selection = &named.selection;
  }
  const std::optional<Matches> matches = selection ? match(analysis, *selection) : std::nullopt;
  return matches ? describe_matches(analysis, *matches) + "\n\n" + text : text;
}

std::string word_text(const Spot& at) {
  const bool begins = at.cursor.brackets.empty() && (at.cursor.line_begins || at.cursor.before == "override");
  if (const WordDoc* word = begins ? find_statement_word(at.word) : nullptr) return fmt::format("**{}**: {}", word->word, word->doc) + rule_text(at);
  if (std::string text = bracket_text(at); !text.empty()) return text;
  if (std::string text = symbol_text(at); !text.empty()) return text;
  if (const AlgorithmInfo* algorithm = find_algorithm(at.word)) return describe_algorithm(*algorithm);
  if (const ObserverInfo* observer = at.cursor.inner() ? find_observer(at.word) : nullptr) return describe_observer(*observer);
  if (const WordDoc* word = find_word_doc(format_docs(), at.word)) return fmt::format("**{}**: {}", word->word, word->doc);
  if (at.cursor.head == "export")
    if (const WordDoc* word = find_word_doc(export_formats(), at.word)) return fmt::format("**{}**: {}", word->word, word->doc);
  if (at.cursor.head == "param")
    if (const WordDoc* word = find_word_doc(param_types(), at.word)) return fmt::format("**{}**: {}", word->word, word->doc);
  std::string text = selection_text(at);
  const WordDoc* term = find_word_doc(selection_terms(), at.word);
  if (term == nullptr) return text;
  return fmt::format("**{}**: {}{}{}", term->word, term->doc, text.empty() ? "" : "\n\n", text);
}

}  // namespace

Answer hover(Server& server, const Json& params) {
  const Document* document = server.document_of(params);
  if (document == nullptr) return Json();
  const Positions positions(document->text, server.units());
  const uint32_t offset = positions.offset(member(params, "position"));
  const std::vector<PlainToken> tokens = syntax::list_tokens(document->text);
  const PlainToken* found = nullptr;
  // Behind a word counts as on it, unless another token begins there.
  for (const PlainToken& token : tokens)
    if (token.begin <= offset && offset <= token.end && (found == nullptr || !found->is_word() || token.is_word())) found = &token;
  if (found == nullptr || found->kind == PlainToken::Kind::Comment || found->kind == PlainToken::Kind::Doc) return Json();
  Spot at{server, *document, *found, std::string(found->text(document->text)), cursor_at(document->text, tokens, found->end), false};
  const size_t next = document->text.find_first_not_of(" \t", found->end);
  const std::string_view rest = std::string_view(document->text).substr(std::min(next, document->text.size()));
  at.named = rest.starts_with("=") || rest.starts_with("<=") || rest.starts_with(">=");
  const std::string text = found->is_word() ? word_text(at) : selection_text(at);
  if (text.empty()) return Json();
  return Json{{"contents", {{"kind", "markdown"}, {"value", text}}}, {"range", positions.range(found->begin, found->end)}};
}

}  // namespace lcr::server
