#include "compiler/recipe/scope.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/language/algorithms.h"
#include "compiler/language/format_rules.h"
#include "compiler/recipe/library_names.h"

namespace lcr::binding {
namespace {

// Algorithms and formats are never imported and cannot be shadowed.
bool built_in(NameKind kind, const std::string& name) {
  if (kind == NameKind::Method) return find_algorithm(name) != nullptr;
  if (kind == NameKind::Scheme) return constructor(name).has_value();
  return false;
}

// The first declaration of a name stays; later ones are reported and have no meaning.
void declare(Binder& binder, Scope& scope, NameKind kind, const syntax::Name& name,
             const syntax::Statement* statement) {
  if (built_in(kind, name.text)) {
    binder
        .report(codes::L2006, name.span,
                fmt::format("`{}` is built in and cannot be declared as {}", name.text, describe(kind)))
        .help("choose another name");
    return;
  }
  auto [place, fresh] = scope.names.try_emplace(name.text);
  if (!fresh) {
    const Declaration& first = *place->second;
    Diagnostic& diagnostic = binder.report(codes::L2005, name.span, fmt::format("`{}` is declared twice", name.text));
    if (first.name.span.file == name.span.file)
      diagnostic.label(first.name.span, fmt::format("first as {} here", describe(first.kind)));
    diagnostic.help("one name stands for one thing in a file: rename one, or import it with `as`");
    return;
  }
  Declaration& declaration = binder.declarations.emplace_back();
  declaration.kind = kind;
  declaration.name = name;
  declaration.statement = statement;
  declaration.scope = &scope;
  place->second = &declaration;
  scope.own[name.text] = &declaration;
}

}  // namespace

std::string_view describe(NameKind kind) {
  switch (kind) {
    case NameKind::Select: return "a selection";
    case NameKind::Scheme: return "a scheme";
    case NameKind::Method: return "a method";
    case NameKind::Param: return "a param";
    case NameKind::Preset: return "a preset";
    case NameKind::Block: return "a block of architectures";
  }
  return {};
}

void declare_names(Binder& binder, Scope& scope) {
  if (scope.tree.header.kind == syntax::FileKind::Preset) {
    // The preset's own name is visible to importers only.
    Declaration& declaration = binder.declarations.emplace_back();
    declaration.kind = NameKind::Preset;
    declaration.name = {scope.tree.header.name, scope.tree.header.name_span};
    declaration.scope = &scope;
    scope.own[scope.tree.header.name] = &declaration;
  }
  for (const syntax::Statement& statement : scope.tree.statements) {
    if (!belongs(statement, scope.tree.header.kind)) continue;
    if (auto* select = std::get_if<syntax::Select>(&statement.node)) {
      declare(binder, scope, NameKind::Select, select->name, &statement);
    } else if (auto* scheme = std::get_if<syntax::Scheme>(&statement.node)) {
      declare(binder, scope, NameKind::Scheme, scheme->name, &statement);
    } else if (auto* method = std::get_if<syntax::Method>(&statement.node)) {
      declare(binder, scope, NameKind::Method, method->name, &statement);
    } else if (auto* param = std::get_if<syntax::Param>(&statement.node)) {
      declare(binder, scope, NameKind::Param, param->name, &statement);
    } else if (auto* block = std::get_if<syntax::Block>(&statement.node)) {
      declare(binder, scope, NameKind::Block, block->name, &statement);
    }
  }
}

void import_name(Binder& binder, Scope& scope, const syntax::Name& as, Declaration& declaration) {
  auto [place, fresh] = scope.names.try_emplace(as.text, &declaration);
  if (fresh || place->second == &declaration) return;
  Diagnostic& diagnostic =
      binder.report(codes::L2005, as.span, fmt::format("`{}` is imported and declared, or imported twice", as.text));
  if (place->second->name.span.file == as.span.file) diagnostic.label(place->second->name.span, "the other one");
  diagnostic.help(fmt::format("import it under another name: `{} as ...`", as.text));
}

Nesting::Nesting(Binder& binder, const syntax::Name& name) : binder_(binder) {
  constexpr int limit = 100;
  fits_ = ++binder.depth <= limit;
  if (fits_) return;
  binder.report(codes::L2008, name.span,
                fmt::format("`{}` is needed through more than {} other declarations", name.text, limit));
}

Declaration* find(const Scope& scope, const std::string& name) {
  auto found = scope.names.find(name);
  return found == scope.names.end() ? nullptr : found->second;
}

Declaration* require(Binder& binder, Scope& scope, const syntax::Name& name, NameKind kind,
                     const std::vector<std::string>& also) {
  Declaration* declaration = find(scope, name.text);
  if (declaration && declaration->kind == kind) return declaration;
  binder.incomplete = true;
  std::string cause = declaration ? fmt::format("{} as {}", name.text, describe(kind)) : name.text;
  if (!scope.reported.insert(cause).second) return nullptr;
  if (declaration) {
    Diagnostic& diagnostic = binder.report(
        codes::L2015, name.span,
        fmt::format("`{}` is {}, and {} is needed here", name.text, describe(declaration->kind), describe(kind)));
    if (declaration->name.span.file == name.span.file) diagnostic.label(declaration->name.span, "declared here");
    return nullptr;
  }
  if (scope.incomplete) return nullptr;
  std::vector<std::string> candidates = also;
  for (const auto& [known, entry] : scope.names) {
    if (entry->kind == kind) candidates.push_back(known);
  }
  Diagnostic& diagnostic =
      binder.report(codes::L2014, name.span, fmt::format("there is no {} `{}`", describe(kind).substr(2), name.text));
  if (!nearest(name.text, candidates).empty() || !suggest_import(diagnostic, scope, name.text, kind))
    suggest(diagnostic, name.text, candidates);
  return nullptr;
}

}  // namespace lcr::binding
