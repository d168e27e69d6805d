#include "compiler/server/counts.h"

#include <fmt/format.h>

#include "compiler/server/matches.h"

namespace lcr::server {
namespace {

struct Counted {
  const syntax::Statement* statement;
  const syntax::Value* value;
  Matches matches;
};

std::vector<Counted> count_all(Server& server, const Document& document, Span range) {
  std::vector<Counted> found;
  const Analysis& analysis = server.analysis(document);
  if (!analysis.model) return found;
  for (const syntax::Statement& statement : document.parsed->tree.statements) {
    if (statement.span.end < range.begin || statement.span.begin > range.end) continue;
    const syntax::Value* value = selection_value(statement);
    const Selection* selection = value ? selection_of(analysis, value->span) : nullptr;
    // Parentheses around the whole are no part of what the binder keeps.
    if (value && selection == nullptr) selection = selection_at(analysis, value->span.begin);
    std::optional<Matches> matches = selection ? match(analysis, *selection) : std::nullopt;
    if (matches) found.push_back({&statement, value, std::move(*matches)});
  }
  return found;
}

Span requested(const Json& params, const Positions& positions) {
  const Json& range = member(params, "range");
  return range.is_object() ? positions.span(0, range) : Span{0, 0, UINT32_MAX};
}

}  // namespace

Answer inlay_hints(Server& server, const Json& params) {
  const Document* document = server.document_of(params);
  if (document == nullptr) return Json::array();
  const Positions positions(document->text, server.units());
  Json hints = Json::array();
  for (const Counted& one : count_all(server, *document, requested(params, positions)))
    hints.push_back({{"position", positions.json(one.value->span.end)}, {"label", fmt::format("» {}", count_words(one.matches))}, {"paddingLeft", true}, {"tooltip", size_words(one.matches)}});
  return hints;
}

Answer code_lenses(Server& server, const Json& params) {
  const Document* document = server.document_of(params);
  if (document == nullptr) return Json::array();
  const Positions positions(document->text, server.units());
  Json lenses = Json::array();
  for (const Counted& one : count_all(server, *document, {0, 0, UINT32_MAX})) {
    std::string title = count_words(one.matches);
    if (const std::string sizes = size_words(one.matches); !sizes.empty() && !one.matches.units.empty()) title += ", " + sizes;
    lenses.push_back({{"range", positions.range(one.statement->span.begin, one.statement->span.begin + 1)},
                      {"command", {{"title", title}, {"command", "lcr.matches"}, {"arguments", {document->uri, positions.json(one.value->span.begin)}}}}});
  }
  return lenses;
}

}  // namespace lcr::server
