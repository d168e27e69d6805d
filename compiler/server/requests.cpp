#include "compiler/server/requests.h"

#include <map>

#include "compiler/server/code_actions.h"
#include "compiler/server/commands.h"
#include "compiler/server/completion.h"
#include "compiler/server/counts.h"
#include "compiler/server/formatting.h"
#include "compiler/server/hover.h"
#include "compiler/server/navigation.h"
#include "compiler/server/outline.h"
#include "compiler/server/semantic_tokens.h"

namespace lcr::server {
namespace {

Failure not_open() { return {ErrorCode::InvalidParams, "the document is not open"}; }

Answer format(Server& server, const Json& params) {
  const Document* document = server.document_of(params);
  if (document == nullptr) return not_open();
  return formatting_edits(*document, server.units());
}

const std::map<std::string, RequestHandler>& handlers() {
  static const std::map<std::string, RequestHandler> all = {
      {"textDocument/codeAction", code_actions},
      {"textDocument/codeLens", code_lenses},
      {"textDocument/completion", completion},
      {"textDocument/definition", definition},
      {"textDocument/documentHighlight", highlights},
      {"textDocument/documentSymbol", document_symbols},
      {"textDocument/foldingRange", folding_ranges},
      {"textDocument/formatting", format},
      {"textDocument/hover", hover},
      {"textDocument/inlayHint", inlay_hints},
      {"textDocument/prepareRename", prepare_rename},
      {"textDocument/references", references},
      {"textDocument/rename", rename},
      {"textDocument/semanticTokens/full", semantic_tokens},
      {"textDocument/semanticTokens/range", semantic_tokens_range},
      {"workspace/executeCommand", execute_command},
  };
  return all;
}

}  // namespace

RequestHandler find_request(const std::string& method) {
  const auto found = handlers().find(method);
  return found == handlers().end() ? nullptr : found->second;
}

Json capabilities(Units units) {
  return {
      {"positionEncoding", units == Units::Utf8 ? "utf-8" : "utf-16"},
      {"textDocumentSync", {{"openClose", true}, {"change", 2}, {"save", {{"includeText", false}}}}},
      {"codeActionProvider", {{"codeActionKinds", {"quickfix", "refactor.rewrite", "source.fixAll.lcr"}}}},
      {"codeLensProvider", Json::object()},
      {"completionProvider", {{"triggerCharacters", {"`", ".", "(", ",", "{", "["}}}},
      {"definitionProvider", true},
      {"documentFormattingProvider", true},
      {"documentHighlightProvider", true},
      {"documentSymbolProvider", true},
      {"executeCommandProvider", {{"commands", command_names()}}},
      {"foldingRangeProvider", true},
      {"hoverProvider", true},
      {"inlayHintProvider", true},
      {"referencesProvider", true},
      {"renameProvider", {{"prepareProvider", true}}},
      {"semanticTokensProvider", {{"legend", token_legend()}, {"full", true}, {"range", true}}},
  };
}

}  // namespace lcr::server
