#include "compiler/server/symbols.h"

#include <filesystem>

#include "compiler/server/cache_files.h"
#include "compiler/server/server.h"

namespace lcr::server {
namespace {

bool fits(SymbolKind kind, Place place) {
  switch (place) {
    case Place::Declaration:
    case Place::Imported:
    case Place::Alias: return true;
    case Place::Preset: return kind == SymbolKind::Preset;
    case Place::Selection: return kind == SymbolKind::Select || kind == SymbolKind::Param;
    case Place::Precision: return kind == SymbolKind::Scheme || kind == SymbolKind::Param;
    case Place::Stack: return kind == SymbolKind::Method;
    case Place::Value: return kind == SymbolKind::Param;
    case Place::Any: return kind == SymbolKind::Param || kind == SymbolKind::Select || kind == SymbolKind::Scheme;
    case Place::Block: return kind == SymbolKind::Block;
  }
  return false;
}

// std.roles for both ways in which its text is read.
std::string home_of(const Symbol& symbol) {
  const std::string module = module_of_path(symbol.home->path);
  return module.empty() ? symbol.home->path : module;
}

}  // namespace

bool Symbol::operator==(const Symbol& other) const { return span.begin == other.span.begin && home_of(*this) == home_of(other); }

bool Symbol::embedded() const { return !module_of_path(home->path).empty(); }

std::string_view describe(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::Select: return "selection";
    case SymbolKind::Scheme: return "scheme";
    case SymbolKind::Method: return "method";
    case SymbolKind::Param: return "param";
    case SymbolKind::Preset: return "preset";
    case SymbolKind::Block: return "block";
  }
  return {};
}

std::map<std::string, Symbol> declared(const std::shared_ptr<const Parsed>& file) {
  std::map<std::string, Symbol> found;
  const auto add = [&](SymbolKind kind, const syntax::Name& name, const syntax::Statement* statement) {
    found.try_emplace(name.text, Symbol{kind, name.text, file, statement, name.span});
  };
  const syntax::Header& header = file->tree.header;
  if (header.kind == syntax::FileKind::Preset) add(SymbolKind::Preset, {header.name, header.name_span}, nullptr);
  for (const syntax::Statement& statement : file->tree.statements) {
    if (const auto* select = std::get_if<syntax::Select>(&statement.node)) add(SymbolKind::Select, select->name, &statement);
    else if (const auto* scheme = std::get_if<syntax::Scheme>(&statement.node)) add(SymbolKind::Scheme, scheme->name, &statement);
    else if (const auto* method = std::get_if<syntax::Method>(&statement.node)) add(SymbolKind::Method, method->name, &statement);
    else if (const auto* param = std::get_if<syntax::Param>(&statement.node)) add(SymbolKind::Param, param->name, &statement);
    else if (const auto* block = std::get_if<syntax::Block>(&statement.node)) add(SymbolKind::Block, block->name, &statement);
  }
  return found;
}

std::map<std::string, Symbol> visible(Server& server, const std::shared_ptr<const Parsed>& file) {
  std::map<std::string, Symbol> found = declared(file);
  for (const syntax::Statement& statement : file->tree.statements) {
    const auto* use = std::get_if<syntax::Use>(&statement.node);
    if (use == nullptr) continue;
    const std::shared_ptr<const Parsed> home = imported_file(server, *file, *use);
    if (!home) continue;
    const std::map<std::string, Symbol> theirs = declared(home);
    for (const syntax::Imported& imported : use->imported) {
      const auto symbol = theirs.find(imported.name.text);
      if (symbol == theirs.end()) continue;
      found.try_emplace(imported.alias ? imported.alias->text : imported.name.text, symbol->second);
      // The name as it is in the other file, for the import itself.
      if (imported.alias) found.try_emplace(imported.name.text, symbol->second);
    }
  }
  return found;
}

std::optional<Symbol> resolve(const std::map<std::string, Symbol>& visible, const Occurrence& occurrence) {
  const auto found = visible.find(occurrence.text);
  if (found == visible.end() || !fits(found->second.kind, occurrence.place)) return std::nullopt;
  return found->second;
}

std::shared_ptr<const Parsed> imported_file(Server& server, const Parsed& from, const syntax::Use& use) {
  if (!use.file) return server.module(dotted(use.module));
  return server.file((std::filesystem::path(from.path).parent_path() / use.file->text).lexically_normal().string());
}

std::string dotted(const std::vector<syntax::Name>& names) {
  std::string text;
  for (const syntax::Name& name : names) text += (text.empty() ? "" : ".") + name.text;
  return text;
}

Span span_of(const std::vector<syntax::Name>& names) { return names.front().span.cover(names.back().span); }

}  // namespace lcr::server
