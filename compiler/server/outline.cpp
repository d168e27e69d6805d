#include "compiler/server/outline.h"

#include "compiler/check/rule_words.h"

namespace lcr::server {
namespace {

// Kinds of the protocol.
enum class Outline { File = 1, Module = 2, Class = 5, Property = 7, Function = 12, Variable = 13, Constant = 14, Event = 24, Object = 19 };

struct Entry {
  std::string name;
  Outline kind = Outline::Event;
  std::optional<Span> at;  // what is selected; absent: the statement's first word
};

struct Namer {
  const Parsed& file;

  std::string words(Span span) const { return one_line(file.sources, span); }

  Entry operator()(const syntax::Use& use) const { return {use.file ? use.file->text : words(use.module.front().span.cover(use.module.back().span)), Outline::Module, {}}; }
  Entry operator()(const syntax::Extends& extends) const { return {"extends " + words(extends.preset.front().span.cover(extends.preset.back().span)), Outline::Module, {}}; }
  Entry operator()(const syntax::Param& param) const { return {param.name.text, Outline::Property, param.name.span}; }
  Entry operator()(const syntax::Select& select) const { return {select.name.text, Outline::Variable, select.name.span}; }
  Entry operator()(const syntax::Scheme& scheme) const { return {scheme.name.text, Outline::Class, scheme.name.span}; }
  Entry operator()(const syntax::Method& method) const { return {method.name.text, Outline::Function, method.name.span}; }
  Entry operator()(const syntax::Default& decided) const { return {decided.keep ? "default keep" : "default refuse", Outline::Constant, {}}; }
  Entry operator()(const syntax::Keep& keep) const { return {"keep " + words(keep.selection.span), Outline::Event, {}}; }
  Entry operator()(const syntax::Quantize& rule) const { return {"quantize " + words(rule.selection.span), Outline::Event, {}}; }
  Entry operator()(const syntax::Prune& rule) const { return {"prune " + words(rule.selection.span), Outline::Event, {}}; }
  Entry operator()(const syntax::Serve& serve) const { return {"serve " + serve.server.text, Outline::Object, {}}; }
  Entry operator()(const syntax::Export& output) const { return {"export " + output.format.text, Outline::Object, {}}; }
  Entry operator()(const syntax::Block& block) const { return {block.name.text, Outline::Function, block.name.span}; }
  Entry operator()(const syntax::Accept& accept) const { return {accept.name.text, Outline::Event, accept.name.span}; }
  // Everything else by its first words.
  template <typename Other>
  Entry operator()(const Other&) const { return {}; }
};

std::string first_words(const Parsed& file, Span statement) {
  std::string text = one_line(file.sources, statement);
  const size_t brace = text.find_first_of("{(");
  if (brace != std::string::npos && brace > 0) text = text.substr(0, text.find_last_not_of(' ', brace - 1) + 1);
  constexpr size_t longest = 60;
  return text.substr(0, longest);
}

Json range_fold(const Positions& positions, Span span, const char* kind) {
  const uint32_t begin = positions.line_of(span.begin), end = positions.line_of(span.end);
  Json fold = {{"startLine", begin}, {"endLine", end}};
  if (kind != nullptr) fold["kind"] = kind;
  return fold;
}

}  // namespace

Answer document_symbols(Server& server, const Json& params) {
  const Document* document = server.document_of(params);
  if (document == nullptr) return Json::array();
  const Parsed& file = *document->parsed;
  const Positions positions(document->text, server.units());
  Json list = Json::array();
  const syntax::Header& header = file.tree.header;
  if (header.kind != syntax::FileKind::None && !header.name.empty())
    list.push_back({{"name", header.name}, {"kind", static_cast<int>(Outline::File)}, {"range", positions.range(header.span)}, {"selectionRange", positions.range(header.name_span)}});
  for (const syntax::Statement& statement : file.tree.statements) {
    Entry entry = std::visit(Namer{file}, statement.node);
    if (entry.name.empty()) entry.name = first_words(file, statement.span);
    if (statement.overriding) entry.name = "override " + entry.name;
    const Span first = {statement.span.file, statement.span.begin, statement.span.begin + 1};
    list.push_back({{"name", entry.name}, {"kind", static_cast<int>(entry.kind)}, {"range", positions.range(statement.span)}, {"selectionRange", positions.range(entry.at.value_or(first))}});
  }
  return list;
}

Answer folding_ranges(Server& server, const Json& params) {
  const Document* document = server.document_of(params);
  if (document == nullptr) return Json::array();
  const Positions positions(document->text, server.units());
  Json list = Json::array();
  const auto several = [&](Span span) { return positions.line_of(span.begin) != positions.line_of(span.end); };
  for (const syntax::Statement& statement : document->parsed->tree.statements)
    if (several(statement.span)) list.push_back(range_fold(positions, statement.span, nullptr));
  std::optional<Span> run;
  const auto close = [&] {
    if (run && several(*run)) list.push_back(range_fold(positions, *run, "comment"));
    run.reset();
  };
  for (const syntax::Comment& comment : document->parsed->tree.comments) {
    if (!comment.own_line) continue;
    const bool joins = run && positions.line_of(run->end) + 1 == positions.line_of(comment.span.begin);
    if (!joins) close();
    run = joins ? run->cover(comment.span) : comment.span;
  }
  close();
  return list;
}

}  // namespace lcr::server
