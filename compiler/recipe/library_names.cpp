#include "compiler/recipe/library_names.h"

#include <algorithm>

#include <fmt/format.h>

#include "stdlib/stdlib.h"

namespace lcr::binding {
namespace {

struct LibraryName {
  std::string module, name;  // std.schemes, W4A16
};

std::string_view word_of(NameKind kind) {
  switch (kind) {
    case NameKind::Select: return "select ";
    case NameKind::Scheme: return "scheme ";
    case NameKind::Method: return "method ";
    default: return {};  // of which stdlib has none, or one a file
  }
}

// Read from the texts: no library is loaded for a name that may be a slip.
std::vector<LibraryName> library_names(std::string_view word) {
  std::vector<LibraryName> names;
  if (word.empty()) return names;
  for (const stdlib::Module& module : stdlib::modules()) {
    if (module.text.find("\nlibrary ") == std::string_view::npos) continue;
    for (size_t at = 0; at < module.text.size();) {
      const size_t end = std::min(module.text.find('\n', at), module.text.size());
      const std::string_view line = module.text.substr(at, end - at);
      if (line.starts_with(word))
        names.push_back({std::string(module.name),
                         std::string(line.substr(word.size(), line.find(' ', word.size()) - word.size()))});
      at = end + 1;
    }
  }
  return names;
}

// Into the `use` of the module that is there, or as a line of its own before the first statement.
std::optional<Edit> import_edit(const Scope& scope, const LibraryName& found) {
  if (!scope.root || scope.tree.statements.empty()) return std::nullopt;
  for (const syntax::Statement& statement : scope.tree.statements) {
    const auto* use = std::get_if<syntax::Use>(&statement.node);
    if (use == nullptr || use->imported.empty()) continue;
    std::string module;
    for (const syntax::Name& part : use->module) module += (module.empty() ? "" : ".") + part.text;
    if (module != found.module) continue;
    const syntax::Imported& last = use->imported.back();
    const uint32_t end = (last.alias ? last.alias->span : last.name.span).end;
    return Edit{{scope.file, end, end}, ", " + found.name};
  }
  const syntax::Statement& first = scope.tree.statements.front();
  if (!first.doc.empty()) return std::nullopt;
  return Edit{{scope.file, first.span.begin, first.span.begin},
              fmt::format("use {}.{{{}}}\n{}", found.module, found.name,
                          std::holds_alternative<syntax::Use>(first.node) ? "" : "\n")};
}

}  // namespace

bool suggest_import(Diagnostic& diagnostic, const Scope& scope, const std::string& name, NameKind kind) {
  const std::vector<LibraryName> known = library_names(word_of(kind));
  std::vector<std::string> words;
  for (const LibraryName& one : known) words.push_back(one.name);
  const std::string near = std::find(words.begin(), words.end(), name) != words.end() ? name : nearest(name, words);
  if (near.empty()) return false;
  const LibraryName& found = known[static_cast<size_t>(std::find(words.begin(), words.end(), near) - words.begin())];
  if (near != name) {
    diagnostic.help(fmt::format("did you mean `{}`? `use {}.{{{}}}` brings it", near, found.module, near));
    return true;
  }
  diagnostic.help(fmt::format("`use {}.{{{}}}` brings it", found.module, name));
  if (const std::optional<Edit> edit = import_edit(scope, found))
    diagnostic.fix({fmt::format("import `{}` from {}", name, found.module), Applicability::Safe, {*edit}});
  return true;
}

}  // namespace lcr::binding
