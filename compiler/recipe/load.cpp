#include "compiler/recipe/load.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/recipe/scope.h"
#include "compiler/syntax/parse.h"
#include "stdlib/stdlib.h"

namespace lcr::binding {
namespace {

namespace fs = std::filesystem;

// std.presets.w4a16_gptq
std::string dotted(const std::vector<syntax::Name>& names) {
  std::string text;
  for (const syntax::Name& name : names) text += (text.empty() ? "" : ".") + name.text;
  return text;
}

Span span_of(const std::vector<syntax::Name>& names) { return names.front().span.cover(names.back().span); }

std::vector<std::string> known_modules() {
  std::vector<std::string> names;
  for (const stdlib::Module& module : stdlib::modules()) names.emplace_back(module.name);
  return names;
}

// Regular files only: a folder or a device is no recipe.
std::optional<std::string> read_text(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return std::nullopt;
  return text.str();
}

void follow_uses(Binder& binder, Scope& scope);

// Texts of the standard library never change: a process that reads many recipes parses each once for each number that
// the file gets in the sources, which the spans of its tree hold. Recipes import much the same, so these are few.
syntax::File parse_stdlib(Binder& binder, uint32_t file, const std::string& module) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, uint32_t>, syntax::File> known;
  constexpr size_t most = 256;
  {
    const std::lock_guard lock(mutex);
    if (auto found = known.find({module, file}); found != known.end()) return found->second;
  }
  syntax::File tree = syntax::parse(binder.sources, file, binder.diagnostics);
  const std::lock_guard lock(mutex);
  if (known.size() < most) known.emplace(std::pair(module, file), tree);
  return tree;
}

// Parses one text and everything that it uses. The scope is incomplete when the text had syntax errors: names that
// seem unknown may stand in what could not be read.
Scope& parse_scope(Binder& binder, uint32_t file, const std::string& module) {
  Scope& scope = binder.scopes.emplace_back();
  scope.file = file;
  scope.module = module;
  size_t before = binder.diagnostics.size();
  // Compared, since a file of the user's may be called the same.
  const bool embedded = stdlib::find(module) == binder.sources.file(file).text();
  scope.tree = embedded ? parse_stdlib(binder, file, module) : syntax::parse(binder.sources, file, binder.diagnostics);
  for (size_t i = before; i < binder.diagnostics.size(); ++i) {
    if (binder.diagnostics.items()[i].severity == Severity::Error) scope.incomplete = true;
  }
  if (scope.incomplete) binder.incomplete = true;
  if (scope.tree.header.kind != syntax::FileKind::None) {
    declare_names(binder, scope);
    follow_uses(binder, scope);
  }
  return scope;
}

// Marks the module as loading meanwhile, so that a circle is seen where it closes.
Scope* load_once(Binder& binder, const std::string& module, Span span, const std::string& name, std::string text) {
  auto [place, fresh] = binder.modules.try_emplace(module, nullptr);
  if (!fresh) {
    if (!place->second) {
      binder.report(codes::L2013, span, fmt::format("`{}` uses this file, directly or through others", name))
          .help("move what both need into a third file");
    }
    return place->second;
  }
  uint32_t file = binder.sources.add(name, std::move(text));
  Scope& scope = parse_scope(binder, file, module);
  binder.modules[module] = &scope;
  return &scope;
}

// A file of the user, found relative to the file that uses it. One file is read once, whatever the spelling of its
// path.
Scope* load_file(Binder& binder, const syntax::Text& file) {
  std::string path = resolve_path(binder.sources, file.text, file.span);
  std::string key = fs::path(path).lexically_normal().string();
  auto known = binder.modules.find(key);
  if (known != binder.modules.end() && known->second) return known->second;
  std::optional<std::string> text;
  if (binder.open && binder.open->count(key)) text = binder.open->at(key);
  else text = read_text(path);
  if (!text) {
    binder.report(codes::L2011, file.span, fmt::format("the file `{}` cannot be read", path))
        .help("the path is relative to the file in which it stands");
    return nullptr;
  }
  return load_once(binder, key, file.span, path, std::move(*text));
}

// What may be imported: the declarations of a library, or a preset by its own name.
std::vector<std::string> exported(const Scope& module) {
  std::vector<std::string> names;
  for (const auto& [name, declaration] : module.own) {
    if (module.tree.header.kind == syntax::FileKind::Library || declaration->kind == NameKind::Preset)
      names.push_back(name);
  }
  return names;
}

// Enters the imported names. Without a module (it was reported) the names are known to be unknown, so that their uses
// stay silent.
void import_names(Binder& binder, Scope& scope, const syntax::Use& use, Scope* module) {
  using syntax::FileKind;
  FileKind kind = module ? module->tree.header.kind : FileKind::None;
  if (module && kind != FileKind::None && kind != FileKind::Library && kind != FileKind::Preset) {
    Span span = use.file ? use.file->span : span_of(use.module);
    binder.report(codes::L2001, span, fmt::format("names are imported from a {} file", name_of(kind)))
        .help("declarations are shared through a `library`, rules through a `preset`");
  }
  bool readable = kind == FileKind::Library || kind == FileKind::Preset;
  std::vector<std::string> names = readable ? exported(*module) : std::vector<std::string>();
  for (const syntax::Imported& imported : use.imported) {
    const syntax::Name& as = imported.alias ? *imported.alias : imported.name;
    auto found = std::find(names.begin(), names.end(), imported.name.text);
    if (found != names.end()) {
      import_name(binder, scope, as, *module->own[*found]);
      continue;
    }
    // The cause is reported here or was reported before; uses of the name stay silent.
    scope.reported.insert(as.text);
    if (!readable || module->incomplete) continue;
    std::string home = use.file ? use.file->text : module->module;
    Diagnostic& diagnostic =
        binder.report(codes::L2012, imported.name.span, fmt::format("`{}` declares no `{}`", home, imported.name.text));
    suggest(diagnostic, imported.name.text, names);
  }
}

// In text order, each module to its end before the next one.
void follow_uses(Binder& binder, Scope& scope) {
  for (const syntax::Statement& statement : scope.tree.statements) {
    auto* use = std::get_if<syntax::Use>(&statement.node);
    if (!use || !belongs(statement, scope.tree.header.kind)) continue;
    Scope* module =
        use->file ? load_file(binder, *use->file) : load_module(binder, dotted(use->module), span_of(use->module));
    import_names(binder, scope, *use, module);
  }
}

}  // namespace

std::string resolve_path(const Sources& sources, const std::string& path, Span span) {
  fs::path base = fs::path(sources.file(span).name()).parent_path();
  return (base / path).string();
}

Scope* load_module(Binder& binder, const std::string& module, Span span) {
  std::optional<std::string_view> text = stdlib::find(module);
  if (!text) {
    Diagnostic& diagnostic = binder.report(codes::L2010, span, fmt::format("stdlib has no module `{}`", module));
    if (!module.starts_with("std.")) diagnostic.help("a file of your own is named in quotes: `use \"team.lcr\".{...}`");
    suggest(diagnostic, module, known_modules());
    return nullptr;
  }
  auto known = binder.modules.find(module);
  if (known != binder.modules.end() && known->second) return known->second;
  std::string name = module;
  std::replace(name.begin(), name.end(), '.', '/');
  return load_once(binder, module, span, name + ".lcr", std::string(*text));
}

Scope* load_preset(Binder& binder, Scope& scope, const syntax::Extends& extends) {
  Span span = span_of(extends.preset);
  Scope* preset = nullptr;
  if (extends.preset.size() == 1) {
    Declaration* declaration = require(binder, scope, extends.preset.front(), NameKind::Preset);
    return declaration ? declaration->scope : nullptr;
  }
  preset = load_module(binder, dotted(extends.preset), span);
  if (!preset) return nullptr;
  if (preset->tree.header.kind == syntax::FileKind::Preset) return preset;
  if (preset->tree.header.kind != syntax::FileKind::None) {
    binder
        .report(codes::L2001, span,
                fmt::format("`{}` is a {} file, and only a preset can be extended", preset->module,
                            name_of(preset->tree.header.kind)))
        .help("import its names with `use`");
  }
  return nullptr;
}

Scope* load_root(Binder& binder, uint32_t file) {
  std::string key = fs::path(binder.sources.file(file).name()).lexically_normal().string();
  binder.modules[key] = nullptr;
  Scope& scope = parse_scope(binder, file, key);
  binder.modules[key] = &scope;
  scope.root = true;
  return scope.tree.header.kind == syntax::FileKind::None ? nullptr : &scope;
}

}  // namespace lcr::binding
