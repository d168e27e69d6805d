#include <set>

#include <fmt/format.h>

#include "compiler/lint/edits.h"
#include "compiler/lint/rules.h"
#include "compiler/lint/walk.h"

// L9002: names that nothing uses.
namespace lcr::lint {
namespace {

using syntax::FileKind;

std::set<std::string> used_names(const syntax::File& file) {
  std::set<std::string> used;
  Walk on;
  on.call = [&](const syntax::Call& call) { used.insert(call.name.text); };
  for (const syntax::Statement& statement : file.statements) {
    walk(statement, on);
    const auto* extends = std::get_if<syntax::Extends>(&statement.node);
    if (extends && extends->preset.size() == 1) used.insert(extends->preset.front().text);
  }
  return used;
}

const syntax::Name& local_name(const syntax::Imported& imported) {
  return imported.alias ? *imported.alias : imported.name;
}

// The list between the braces without the unused names; nothing when a comment stands in it.
std::optional<Fix> shorten_list(const LintText& on, const syntax::Use& use, const std::set<std::string>& used) {
  Span whole{};
  std::string kept;
  for (const syntax::Imported& imported : use.imported) {
    const Span span = imported.alias ? imported.name.span.cover(imported.alias->span) : imported.name.span;
    whole = whole.file == 0 ? span : whole.cover(span);
    if (used.count(local_name(imported).text) == 0) continue;
    if (!kept.empty()) kept += ", ";
    kept += on.sources.text(span);
  }
  if (on.sources.text(whole).find('#') != std::string_view::npos) return std::nullopt;
  return Fix{"remove the unused names", Applicability::Safe, {{whole, kept}}};
}

void check_use(const LintText& on, const syntax::Statement& statement, const syntax::Use& use,
               const std::set<std::string>& used, Diagnostics& found) {
  size_t unused = 0;
  for (const syntax::Imported& imported : use.imported) unused += used.count(local_name(imported).text) == 0;
  bool first = true;
  for (const syntax::Imported& imported : use.imported) {
    const syntax::Name& name = local_name(imported);
    if (used.count(name.text) > 0) continue;
    Diagnostic& diagnostic =
        found.report(codes::L9002, name.span, fmt::format("`{}` is imported and never used", name.text));
    diagnostic.help("leave it out");
    // One edit for the whole list, carried by its first finding: edits of neighbours would overlap.
    if (first && unused == use.imported.size())
      diagnostic.fix(remove_statement(on.sources, statement.span, Applicability::Safe));
    else if (first)
      if (auto fix = shorten_list(on, use, used)) diagnostic.fix(std::move(*fix));
    first = false;
  }
}

}  // namespace

void unused_name(const LintText& on, Diagnostics& found) {
  const FileKind kind = on.file.header.kind;
  if (kind != FileKind::Recipe && kind != FileKind::Preset && kind != FileKind::Library) return;
  const std::set<std::string> used = used_names(on.file);
  const auto check = [&](const syntax::Statement& statement, const syntax::Name& name, std::string_view what,
                         Applicability fix) {
    if (used.count(name.text) > 0) return;
    found.report(codes::L9002, name.span, fmt::format("{} `{}` is never used", what, name.text))
        .help("leave it out, or use it where it was meant")
        .fix(remove_statement(on.sources, statement.span, fix));
  };
  for (const syntax::Statement& statement : on.file.statements) {
    const auto* use = std::get_if<syntax::Use>(&statement.node);
    // A library's blocks of architectures name what they use in another way.
    if (use && kind != FileKind::Library) check_use(on, statement, *use, used, found);
    // What a library declares is for others.
    if (kind == FileKind::Library) continue;
    if (const auto* select = std::get_if<syntax::Select>(&statement.node))
      check(statement, select->name, "selection", Applicability::Safe);
    if (const auto* scheme = std::get_if<syntax::Scheme>(&statement.node))
      check(statement, scheme->name, "scheme", Applicability::Safe);
    if (const auto* method = std::get_if<syntax::Method>(&statement.node))
      check(statement, method->name, "method", Applicability::Safe);
    // Whoever passes it would be refused.
    if (const auto* param = std::get_if<syntax::Param>(&statement.node))
      check(statement, param->name, "param", Applicability::Unsafe);
  }
}

}  // namespace lcr::lint
