#include "compiler/server/publish.h"

#include <filesystem>

#include <fmt/format.h>

#include "compiler/server/cache_files.h"
#include "compiler/server/uri.h"
#include "docs/explanations.h"

namespace lcr::server {
namespace {

int severity_of(Severity severity) {
  switch (severity) {
    case Severity::Error: return 1;
    case Severity::Warning: return 2;
    case Severity::Note: return 3;
  }
  return 4;
}

// The statement that brings another file into the document: the import of that module or file, else the first one.
Span importing(const Document& document, const std::string& name) {
  Span first = document.parsed->tree.header.span;
  for (const syntax::Statement& statement : document.parsed->tree.statements) {
    std::string imported;
    const auto* use = std::get_if<syntax::Use>(&statement.node);
    const auto* extends = std::get_if<syntax::Extends>(&statement.node);
    if (use && use->file) imported = use->file->text;
    const std::vector<syntax::Name>* path = use ? &use->module : extends ? &extends->preset : nullptr;
    if (path == nullptr) continue;
    for (const syntax::Name& part : *path) imported += (imported.empty() ? "" : "/") + part.text;
    if (name.ends_with(imported) || name.ends_with(imported + ".lcr")) return statement.span;
    first = statement.span;
  }
  return first;
}

// As seen from the document; modules of stdlib have no folder.
std::string near_name(const Document& document, const std::string& name) {
  const std::filesystem::path relative = std::filesystem::path(name).lexically_relative(std::filesystem::path(document.path).parent_path());
  return relative.empty() ? name : relative.string();
}

Json related(const Analysis& analysis, const Label& label, const std::string& text, const Document& document, Units units) {
  const SourceFile& file = analysis.sources.file(label.span);
  const bool own = label.span.file == analysis.file;
  return {{"location", {{"uri", own ? document.uri : uri_of_source(file)}, {"range", Positions(file.text(), units).range(label.span)}}},
          {"message", text}};
}

// Message, then notes and ways out, a line each: clients show nothing else.
std::string text_of(const Diagnostic& diagnostic) {
  std::string text = diagnostic.message;
  for (const Label& label : diagnostic.labels)
    if (label.primary && !label.text.empty()) text += ": " + label.text;
  for (const std::string& note : diagnostic.notes) text += "\nnote: " + note;
  for (const std::string& help : diagnostic.helps) text += "\nhelp: " + help;
  return text;
}

// Faded by clients: what does nothing.
bool is_unnecessary(std::string_view name) { return name.starts_with("unused-") || name == "shadowed-rule"; }

Json diagnostic_json(const Document& document, const Analysis& analysis, const Diagnostic& diagnostic, const Positions& positions, Units units) {
  const CodeInfo& code = info(diagnostic.code);
  Span span = diagnostic.span();
  Json more = Json::array();
  std::string message = text_of(diagnostic);
  if (span.file != analysis.file) {
    if (span.file != 0) {
      const SourceFile& file = analysis.sources.file(span);
      message = fmt::format("in {}:{}: {}", near_name(document, file.name()), file.position(span.begin).line, message);
      more.push_back(related(analysis, {span, {}, true}, diagnostic.message, document, units));
    }
    span = importing(document, analysis.sources.file(span).name());
  }
  for (const Label& label : diagnostic.labels)
    if (!label.primary && label.span.file != 0)
      more.push_back(related(analysis, label, label.text.empty() ? "here" : label.text, document, units));
  Json result = {{"range", positions.range(span)}, {"severity", severity_of(diagnostic.severity)}, {"code", code.id},
                 {"source", "lcr"},                {"message", message}};
  if (!more.empty()) result["relatedInformation"] = std::move(more);
  if (is_unnecessary(code.name)) result["tags"] = Json::array({1});
  if (const std::string page = page_uri(code.id); !page.empty()) result["codeDescription"] = {{"href", page}};
  return result;
}

}  // namespace

Json diagnostic_of(const Document& document, const Analysis& analysis, const Diagnostic& diagnostic, Units units) {
  return diagnostic_json(document, analysis, diagnostic, Positions(document.text, units), units);
}

Json diagnostics_of(const Document& document, const Analysis& analysis, Units units) {
  const Positions positions(document.text, units);
  Json list = Json::array();
  for (const Diagnostic* diagnostic : analysis.found.sorted())
    list.push_back(diagnostic_json(document, analysis, *diagnostic, positions, units));
  return {{"uri", document.uri}, {"version", document.version}, {"diagnostics", std::move(list)}};
}

std::string page_uri(std::string_view code) {
  const CodeInfo* known = find_code(code);
  const std::string_view page = explanation(code);
  if (known == nullptr || page.empty()) return {};
  const std::string path = cache_file(fmt::format("rules/{}.md", known->name), fmt::format("# {} {}\n\n{}\n\n{}", known->id, known->name, known->summary, page));
  return path.empty() ? std::string() : uri_of_path(path);
}

}  // namespace lcr::server
