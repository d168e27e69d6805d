#include "compiler/server/navigation.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "compiler/language/algorithms.h"
#include "compiler/language/format_rules.h"
#include "compiler/server/cache_files.h"
#include "compiler/server/symbols.h"
#include "compiler/server/uri.h"
#include "compiler/syntax/token_list.h"

namespace lcr::server {
namespace {

// A name in a document and what it stands for.
struct Target {
  Document* document = nullptr;
  std::map<std::string, Symbol> names;
  std::vector<Occurrence> all;
  const Occurrence* here = nullptr;
  std::optional<Symbol> symbol;

  // The name that the document gave to something of another file.
  bool is_alias() const { return here->place == Place::Alias || here->text != symbol->name; }
};

std::optional<Target> target_of(Server& server, const Json& params) {
  Target target;
  target.document = server.document_of(params);
  if (target.document == nullptr) return std::nullopt;
  target.names = visible(server, target.document->parsed);
  target.all = occurrences(target.document->parsed->tree);
  const Positions positions(target.document->text, server.units());
  target.here = occurrence_at(target.all, positions.offset(member(params, "position")));
  if (target.here != nullptr) target.symbol = resolve(target.names, *target.here);
  return target;
}

Json location(Server& server, const Parsed& file, Span span) {
  const Document* open = server.documents().find_path(file.path);
  return {{"uri", open ? open->uri : uri_of_source(file.sources.file(file.file))}, {"range", Positions(file.text(), server.units()).range(span)}};
}

// A module or file name under the cursor, of `use` or `extends`.
std::shared_ptr<const Parsed> file_at(Server& server, const Parsed& from, uint32_t offset) {
  const auto covers = [&](Span span) { return span.begin <= offset && offset <= span.end; };
  for (const syntax::Statement& statement : from.tree.statements) {
    if (const auto* use = std::get_if<syntax::Use>(&statement.node)) {
      if (covers(use->file ? use->file->span : span_of(use->module))) return imported_file(server, from, *use);
    } else if (const auto* extends = std::get_if<syntax::Extends>(&statement.node)) {
      if (extends->preset.size() > 1 && covers(span_of(extends->preset))) return server.module(dotted(extends->preset));
    }
  }
  return nullptr;
}

// The open documents, the file that declares the symbol, and the recipes below the workspace's folders.
std::vector<std::shared_ptr<const Parsed>> files_to_search(Server& server, const Symbol& symbol) {
  namespace fs = std::filesystem;
  constexpr size_t most = 2000;
  std::map<std::string, std::shared_ptr<const Parsed>> found;
  for (auto& [uri, document] : server.documents().all()) found[fs::path(document.path).lexically_normal().string()] = document.parsed;
  found.try_emplace(fs::path(symbol.home->path).lexically_normal().string(), symbol.home);
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  fs::recursive_directory_iterator entry(server.root(), options, error), end;
  for (size_t looked_at = 0; !error && entry != end && looked_at < most * 50 && found.size() < most; entry.increment(error), ++looked_at) {
    if (entry->path().filename().string().starts_with(".") && entry->is_directory(error)) entry.disable_recursion_pending();
    if (entry->path().extension() != ".lcr") continue;
    const std::string path = entry->path().lexically_normal().string();
    if (found.count(path) > 0) continue;
    if (auto file = server.file(path)) found[path] = file;
  }
  std::vector<std::shared_ptr<const Parsed>> files;
  for (auto& [path, file] : found) files.push_back(file);
  return files;
}

// Places of a symbol in one file; aliases of it too, unless only its own name counts.
std::vector<Occurrence> uses_in(Server& server, const std::shared_ptr<const Parsed>& file, const Symbol& symbol, bool own_name) {
  std::vector<Occurrence> found;
  const std::map<std::string, Symbol> names = visible(server, file);
  for (const Occurrence& one : occurrences(file->tree)) {
    if (own_name && one.text != symbol.name) continue;
    const std::optional<Symbol> other = resolve(names, one);
    if (other && *other == symbol) found.push_back(one);
  }
  return found;
}

// Why a text cannot be a new name; empty when it can.
std::string problem_of_name(const Target& target, const std::string& name) {
  const std::vector<syntax::PlainToken> tokens = syntax::list_tokens(name);
  using Kind = syntax::PlainToken::Kind;
  const bool word = tokens.size() == 1 && tokens[0].end == name.size() && (tokens[0].kind == Kind::Word || tokens[0].kind == Kind::Contextual);
  if (!word) return fmt::format("`{}` is no name", name);
  if (find_algorithm(name) != nullptr || constructor(name)) return fmt::format("`{}` is built in", name);
  if (name != target.here->text && target.names.count(name) > 0) return fmt::format("`{}` is declared already", name);
  return {};
}

}  // namespace

Answer definition(Server& server, const Json& params) {
  const std::optional<Target> target = target_of(server, params);
  if (!target) return Json();
  if (target->symbol) return location(server, *target->symbol->home, target->symbol->span);
  const uint32_t offset = Positions(target->document->text, server.units()).offset(member(params, "position"));
  const std::shared_ptr<const Parsed> file = file_at(server, *target->document->parsed, offset);
  return file ? location(server, *file, file->tree.header.span) : Json();
}

Answer references(Server& server, const Json& params) {
  const std::optional<Target> target = target_of(server, params);
  if (!target || !target->symbol) return Json::array();
  const bool declaration = is_true(member(params, {"context", "includeDeclaration"}));
  Json found = Json::array();
  for (const auto& file : files_to_search(server, *target->symbol))
    for (const Occurrence& one : uses_in(server, file, *target->symbol, false))
      if (declaration || one.place != Place::Declaration) found.push_back(location(server, *file, one.span));
  return found;
}

Answer highlights(Server& server, const Json& params) {
  const std::optional<Target> target = target_of(server, params);
  if (!target || !target->symbol) return Json();
  const Positions positions(target->document->text, server.units());
  Json found = Json::array();
  for (const Occurrence& one : uses_in(server, target->document->parsed, *target->symbol, false))
    found.push_back({{"range", positions.range(one.span)}, {"kind", one.place == Place::Declaration ? 3 : 2}});
  return found;
}

Answer prepare_rename(Server& server, const Json& params) {
  const std::optional<Target> target = target_of(server, params);
  if (!target || !target->symbol) return Json();
  if (!target->is_alias() && target->symbol->embedded()) return Failure{ErrorCode::RequestFailed, "the standard library cannot be changed; import the name with `as`"};
  return Json{{"range", Positions(target->document->text, server.units()).range(target->here->span)}, {"placeholder", target->here->text}};
}

Answer rename(Server& server, const Json& params) {
  const std::optional<Target> target = target_of(server, params);
  if (!target || !target->symbol) return Failure{ErrorCode::RequestFailed, "there is no name to rename here"};
  const std::string name = text_of(member(params, "newName"));
  if (const std::string problem = problem_of_name(*target, name); !problem.empty()) return Failure{ErrorCode::RequestFailed, problem};
  const Symbol& symbol = *target->symbol;
  Json changes = Json::object();
  const auto add = [&](const Parsed& file, Span span) {
    const Json at = location(server, file, span);
    changes[at["uri"].get<std::string>()].push_back({{"range", at["range"]}, {"newText", name}});
  };
  if (target->is_alias()) {
    for (const Occurrence& one : uses_in(server, target->document->parsed, symbol, false))
      if (one.text == target->here->text) add(*target->document->parsed, one.span);
    return Json{{"changes", changes}};
  }
  if (symbol.embedded()) return Failure{ErrorCode::RequestFailed, "the standard library cannot be changed; import the name with `as`"};
  for (const auto& file : files_to_search(server, symbol))
    for (const Occurrence& one : uses_in(server, file, symbol, true)) add(*file, one.span);
  return Json{{"changes", changes}};
}

}  // namespace lcr::server
