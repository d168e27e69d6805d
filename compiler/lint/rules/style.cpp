#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "compiler/lint/edits.h"
#include "compiler/lint/rules.h"
#include "compiler/lint/walk.h"

// How a file reads: its documentation, the order of its statements, what its comments hold.
namespace lcr::lint {
namespace {

using syntax::FileKind;

// The order that docs/language.md names; overrides stand behind the rules that they override.
constexpr std::string_view usual_order[] = {
    "use",     "extends", "param", "scheme",   "method",   "select", "calibrate", "dequantize", "untie", "transform",
    "default", "keep",    "prune", "quantize", "override", "budget", "serve",     "schedule",   "export"};

size_t rank(const syntax::Statement& statement) {
  const std::string_view word = statement.overriding ? "override" : word_of(statement);
  return static_cast<size_t>(std::find(std::begin(usual_order), std::end(usual_order), word) - std::begin(usual_order));
}

// A statement with the comments and empty lines above it and what stands behind it on its last line.
std::vector<Span> pieces_of(const LintText& on) {
  const std::string_view text = on.sources.file(on.file.id).text();
  std::vector<Span> pieces;
  for (const syntax::Statement& statement : on.file.statements) {
    const size_t line_end = text.find('\n', statement.span.end);
    const auto end = static_cast<uint32_t>(line_end == std::string_view::npos ? text.size() : line_end + 1);
    const uint32_t begin = pieces.empty() ? lines_of(on.sources, statement.span).begin : pieces.back().end;
    if (begin > statement.span.begin) return {};  // two statements on one line
    pieces.push_back({on.file.id, begin, end});
  }
  return pieces;
}

std::optional<Fix> reorder(const LintText& on) {
  const std::vector<Span> pieces = pieces_of(on);
  if (pieces.empty()) return std::nullopt;
  std::vector<size_t> order(pieces.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return rank(on.file.statements[a]) < rank(on.file.statements[b]); });
  std::string text;
  for (size_t i : order) {
    const std::string_view piece = on.sources.text(pieces[i]);
    text += piece;
    if (!piece.ends_with('\n')) text += '\n';
  }
  return Fix{
      "put the statements in the usual order", Applicability::Safe, {{pieces.front().cover(pieces.back()), text}}};
}

}  // namespace

void missing_doc(const LintText& on, Diagnostics& found) {
  const syntax::Header& header = on.file.header;
  if ((header.kind != FileKind::Recipe && header.kind != FileKind::Preset) || !header.doc.empty()) return;
  found.report(codes::L9003, header.span, "nothing says what this file is for")
      .help("write a line `## …` above it: the model, the precision, and what was decided against");
}

void statement_order(const LintText& on, Diagnostics& found) {
  if (on.file.header.kind != FileKind::Recipe && on.file.header.kind != FileKind::Preset) return;
  const syntax::Statement* highest = nullptr;
  for (const syntax::Statement& statement : on.file.statements) {
    if (highest == nullptr || rank(statement) >= rank(*highest)) {
      highest = &statement;
      continue;
    }
    const auto head = [](const syntax::Statement& s) {
      const size_t length = s.overriding ? std::string_view("override").size() : word_of(s).size();
      return Span{s.span.file, s.span.begin, s.span.begin + static_cast<uint32_t>(length)};
    };
    Diagnostic& diagnostic = found.report(
        codes::L9006, head(statement),
        fmt::format("`{}` stands behind `{}`", on.sources.text(head(statement)), on.sources.text(head(*highest))));
    diagnostic.label(head(*highest), "usually later");
    diagnostic.help(
        "the order of statements means nothing, and readers look for it: `lcr fix` puts them in the usual one");
    if (auto fix = reorder(on)) diagnostic.fix(std::move(*fix));
    // One finding a file: the fix mends all.
    return;
  }
}

void commented_out_rule(const LintText& on, Diagnostics& found) {
  constexpr std::string_view words[] = {"keep",       "quantize",  "prune",  "override", "untie",
                                        "dequantize", "transform", "export", "extends"};
  for (const syntax::Comment& comment : on.file.comments) {
    if (comment.doc || !comment.own_line) continue;
    std::string_view text = std::string_view(comment.text).substr(1);
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    const std::string_view word = text.substr(0, text.find(' '));
    if (std::find(std::begin(words), std::end(words), word) == std::end(words)) continue;
    // Prose may begin with these words too; a statement also has a sign of the language.
    const bool written = text.find('`') != std::string_view::npos || text.find('(') != std::string_view::npos ||
                         text.find('{') != std::string_view::npos || text.find(" with ") != std::string_view::npos ||
                         text.find(" as ") != std::string_view::npos;
    const bool sentence = text.ends_with('.') || text.ends_with(':') || text.find(", ") != std::string_view::npos;
    if (!written || sentence) continue;
    found.report(codes::L9007, comment.span, "a comment holds a statement", "has no effect")
        .help("remove it, or make it a statement again; a choice between variants is a param or a recipe of its own");
  }
}

void file_name(const LintText& on, Diagnostics& found) {
  const syntax::Header& header = on.file.header;
  if (header.kind != FileKind::Recipe) return;
  const std::string& name = on.sources.file(on.file.id).name();
  const std::string stem = std::filesystem::path(name).stem().string();
  if (!name.ends_with(".lcr") || stem == header.name) return;
  found.report(codes::L9008, header.name_span, fmt::format("recipe `{}` lies in `{}.lcr`", header.name, stem))
      .help("give both one name: results and reports speak of the recipe, people look for the file")
      .fix({fmt::format("call it `{}`", stem), Applicability::Unsafe, {{header.name_span, "\"" + stem + "\""}}});
}

}  // namespace lcr::lint
