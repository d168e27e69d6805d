#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/server/documents.h"
#include "compiler/server/occurrences.h"

namespace lcr::server {

class Server;

enum class SymbolKind { Select, Scheme, Method, Param, Preset, Block };
std::string_view describe(SymbolKind kind);  // "selection"

// A declaration, in whatever file.
struct Symbol {
  SymbolKind kind = SymbolKind::Select;
  std::string name;                             // in its own file
  std::shared_ptr<const Parsed> home;           // that declares it
  const syntax::Statement* statement = nullptr; // null for the name of a preset file
  Span span;                                    // of the name, in the home's sources

  // A module of stdlib and the file that shows it are one.
  bool operator==(const Symbol& other) const;
  bool embedded() const;
};

// What the file itself declares, by name; the first declaration of a name counts.
std::map<std::string, Symbol> declared(const std::shared_ptr<const Parsed>& file);
// These and the imported ones, under the names that the file uses.
std::map<std::string, Symbol> visible(Server& server, const std::shared_ptr<const Parsed>& file);

// What an occurrence stands for; nothing when no declaration of a fitting kind has its name.
std::optional<Symbol> resolve(const std::map<std::string, Symbol>& visible, const Occurrence& occurrence);

// The file that a `use` or `extends` takes names from; null when it cannot be read.
std::shared_ptr<const Parsed> imported_file(Server& server, const Parsed& from, const syntax::Use& use);
std::string dotted(const std::vector<syntax::Name>& names);
Span span_of(const std::vector<syntax::Name>& names);

}  // namespace lcr::server
