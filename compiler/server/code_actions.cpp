#include "compiler/server/code_actions.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/server/matches.h"
#include "compiler/server/publish.h"
#include "compiler/server/rewrite.h"

namespace lcr::server {
namespace {

struct Actions {
  Server& server;
  const Document& document;
  const Analysis& analysis;
  Positions positions;
  Span range;
  std::vector<std::string> only;  // kinds that the client wants; empty: all
  Json list = Json::array();

  bool wanted(std::string_view kind) const {
    if (only.empty()) return !kind.starts_with("source.");
    return std::any_of(only.begin(), only.end(), [&](const std::string& asked) { return kind == asked || kind.starts_with(asked + "."); });
  }
  bool touches(Span span) const { return span.file == analysis.file && span.begin <= range.end && range.begin <= span.end; }

  // Nothing when some edit is of another file.
  std::optional<Json> edits(const std::vector<Edit>& edits) const {
    Json changes = Json::array();
    for (const Edit& edit : edits) {
      if (edit.span.file != analysis.file) return std::nullopt;
      changes.push_back({{"range", positions.range(edit.span)}, {"newText", edit.replacement}});
    }
    return Json{{"changes", {{document.uri, std::move(changes)}}}};
  }

  void add(const std::string& title, const char* kind, const std::vector<Edit>& changes, bool preferred, Json diagnostic = nullptr) {
    std::optional<Json> edit = edits(changes);
    if (!edit || changes.empty() || !wanted(kind)) return;
    Json action = {{"title", title}, {"kind", kind}, {"edit", std::move(*edit)}};
    if (preferred) action["isPreferred"] = true;
    if (!diagnostic.is_null()) action["diagnostics"] = Json::array({std::move(diagnostic)});
    list.push_back(std::move(action));
  }
};

void add_fixes(Actions& actions) {
  for (const Diagnostic* diagnostic : actions.analysis.found.sorted()) {
    const auto touched = [&](const Label& label) { return actions.touches(label.span); };
    if (std::none_of(diagnostic->labels.begin(), diagnostic->labels.end(), touched)) continue;
    for (const Fix& fix : diagnostic->fixes) {
      const bool safe = fix.applicability == Applicability::Safe;
      const std::string title = safe || fix.applicability == Applicability::Unsafe ? fix.title : fix.title + " (for reading)";
      actions.add(title, "quickfix", fix.edits, safe || diagnostic->fixes.size() == 1, diagnostic_of(actions.document, actions.analysis, *diagnostic, actions.server.units()));
    }
  }
}

// Every safe fix at once; of fixes that overlap the first one.
void add_fix_all(Actions& actions) {
  std::vector<Edit> all;
  for (const Diagnostic* diagnostic : actions.analysis.found.sorted())
    for (const Fix& fix : diagnostic->fixes) {
      if (fix.applicability != Applicability::Safe) continue;
      const auto clashes = [&](const Edit& edit) {
        return edit.span.file != actions.analysis.file ||
               std::any_of(all.begin(), all.end(), [&](const Edit& other) { return edit.span.begin <= other.span.end && other.span.begin <= edit.span.end; });
      };
      if (std::any_of(fix.edits.begin(), fix.edits.end(), clashes)) continue;
      all.insert(all.end(), fix.edits.begin(), fix.edits.end());
      break;
    }
  actions.add("apply all safe fixes", "source.fixAll.lcr", all, false);
}

void add_rewrites(Actions& actions) {
  const uint32_t at = actions.range.begin;
  for (const syntax::Statement& statement : actions.document.parsed->tree.statements) {
    if (at < statement.span.begin || at > statement.span.end) continue;
    for (const Rewrite& rewrite : rewrites_at(actions.analysis, statement, at)) actions.add(rewrite.title, "refactor.rewrite", rewrite.edits, false);
  }
}

}  // namespace

Answer code_actions(Server& server, const Json& params) {
  const Document* document = server.document_of(params);
  if (document == nullptr) return Json::array();
  const Analysis& analysis = server.analysis(*document);
  Actions actions{server, *document, analysis, Positions(document->text, server.units()), {}, {}};
  actions.range = actions.positions.span(analysis.file, member(params, "range"));
  const Json& only = member(params, {"context", "only"});
  if (only.is_array())
    for (const Json& kind : only) actions.only.push_back(text_of(kind));
  if (actions.wanted("quickfix")) add_fixes(actions);
  if (actions.wanted("refactor.rewrite")) add_rewrites(actions);
  if (actions.wanted("source.fixAll.lcr")) add_fix_all(actions);
  return std::move(actions.list);
}

}  // namespace lcr::server
