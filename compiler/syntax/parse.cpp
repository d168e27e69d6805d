#include "compiler/syntax/parse.h"

#include <fmt/core.h>

#include "compiler/diagnostics/codes/syntax.h"
#include "compiler/syntax/explain.h"
#include "compiler/syntax/from_antlr.h"
#include "compiler/syntax/nesting.h"
#include "compiler/syntax/statement_parser.h"
#include "compiler/syntax/trivia.h"

namespace lcr::syntax {

namespace {

constexpr int kLanguage = 1;

// Reads a file statement by statement, so that an error of one never reaches another.
class FileReader {
 public:
  FileReader(std::string_view text, uint32_t id, Diagnostics& diagnostics, const Limits& limits)
      : text_(text), tokens_(lex(text)), parser_(tokens_), reader_{id, text, diagnostics},
        scene_{id, text, tokens_, parser_.atn(), parser_.vocabulary(), diagnostics}, limits_(limits) {}

  File read();

 private:
  bool read_language();
  void read_item();
  void read_header();
  bool is_deep();
  bool is_hopeless();
  // After an error at `token`: the next statement at the beginning of a line, no further right than `start`.
  void resume(size_t start, size_t token);
  // After a line that is no statement: the next word at the beginning of a line, no further right than `start`.
  void resume_at_line(size_t start);
  void check_header();

  bool at_end() const { return scene_.type(at_) == antlr4::Token::EOF; }

  std::string_view text_;
  Tokens tokens_;
  StatementParser parser_;
  Reader reader_;
  Scene scene_;
  const Limits& limits_;
  File result_;
  size_t at_ = 0;
  size_t first_ = 0;  // token behind the language line
  int errors_ = 0;
  bool header_broken_ = false;
  bool has_previous_ = false;
  size_t previous_ = 0;
};

File FileReader::read() {
  result_.id = reader_.file;
  if (is_deep() || !read_language()) return std::move(result_);
  first_ = at_;
  while (!at_end() && !is_hopeless()) read_item();
  check_header();
  take_comments(reader_, tokens_, result_);
  return std::move(result_);
}

bool FileReader::is_deep() {
  std::optional<size_t> token = too_deep(tokens_, text_, limits_.depth);
  if (!token) return false;
  reader_.diagnostics.report(codes::L1011, scene_.span(*token),
                             fmt::format("the text is nested more than {} levels deep", limits_.depth));
  return true;
}

// A key of YAML, or an object of JSON, where the header should stand.
bool looks_foreign(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && (text[at] == '#' || text[at] == '\n' || text[at] == ' '))
    at = text[at] == '#' ? std::min(text.find('\n', at), text.size()) : at + 1;
  if (at < text.size() && text[at] == '{') return true;
  const size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", at);
  return end != std::string_view::npos && end > at && text[end] == ':';
}

bool FileReader::read_language() {
  if (scene_.type(0) != LcrParser::LANGUAGE && looks_foreign(text_)) {
    reader_.diagnostics.report(codes::L1004, scene_.span(0), "this is no file of the language: it looks like YAML or JSON")
        .help("a recipe of another tool is translated with: lcr import FILE");
    return false;
  }
  if (scene_.type(0) != LcrParser::LANGUAGE) {
    uint32_t begin = tokens_[0].begin();
    reader_.diagnostics.report(codes::L1004, scene_.span(0), "the file does not begin with `language 1`")
        .help("write `language 1` on a line before everything else")
        .fix({"insert `language 1`", Applicability::Safe, {{{reader_.file, begin, begin}, "language 1\n\n"}}});
    return !at_end();
  }
  LcrParser::LanguageLineContext* context = parser_.language_line(0);
  if (context == nullptr) {
    ++errors_;
    resume(0, explain_statement(scene_, LcrParser::RuleLanguageLine, 0));
    return true;
  }
  size_t reported = reader_.diagnostics.size();
  result_.language = language_version(reader_, context);
  result_.language_span = reader_.span(context);
  at_ = parser_.next();
  if (result_.language == kLanguage) return true;
  if (reader_.diagnostics.size() > reported) return false;
  reader_.diagnostics
      .report(codes::L1005, result_.language_span,
              fmt::format("the file is written in language {}, which is not known here", result_.language))
      .help(fmt::format("this program reads language {}", kLanguage));
  return false;
}

void FileReader::read_item() {
  size_t start = at_;
  size_t type = scene_.type(start);
  if (begins_header(type)) return read_header();
  if (begins_statement(type)) {
    if (LcrParser::StatementContext* context = parser_.statement(start)) {
      result_.statements.push_back(to_statement(reader_, context));
      at_ = parser_.next();
      previous_ = start;
      has_previous_ = true;
      return;
    }
    ++errors_;
    resume(start, explain_statement(scene_, LcrParser::RuleStatement, start));
  } else {
    ++errors_;
    explain_no_statement(scene_, start, has_previous_ ? &previous_ : nullptr);
    resume_at_line(start);
  }
  has_previous_ = false;
}

void FileReader::read_header() {
  size_t start = at_;
  LcrParser::HeaderContext* context = parser_.header(start);
  if (context == nullptr) {
    ++errors_;
    header_broken_ = true;
    resume(start, explain_statement(scene_, LcrParser::RuleHeader, start));
    return;
  }
  at_ = parser_.next();
  Header header = to_header(reader_, context);
  bool first = result_.header.kind == FileKind::None;
  if (!first) {
    reader_.diagnostics.report(codes::L1007, header.span, "a file has one header, and this is the second")
        .label(result_.header.span, "the first one");
    return;
  }
  if (!result_.statements.empty()) {
    reader_.diagnostics.report(codes::L1007, header.span, "the header stands behind statements")
        .label(result_.statements[0].span, "this statement is before it")
        .help("write the header right behind `language 1`");
  }
  result_.header = std::move(header);
}

bool FileReader::is_hopeless() {
  if (errors_ < limits_.errors) return false;
  reader_.diagnostics.report(codes::L1013, scene_.span(at_),
                             fmt::format("reading stopped here after {} syntax errors", errors_));
  return true;
}

void FileReader::resume(size_t start, size_t token) {
  uint32_t column = line_start_column(tokens_, text_, start).value_or(0);
  at_ = std::max(token, start + 1);
  while (at_ < tokens_.size() - 1) {
    if (begins_line_statement(tokens_, text_, at_) && *line_start_column(tokens_, text_, at_) <= column) return;
    ++at_;
  }
  at_ = tokens_.size() - 1;
}

void FileReader::resume_at_line(size_t start) {
  uint32_t column = line_start_column(tokens_, text_, start).value_or(0);
  at_ = start + 1;
  while (!at_end()) {
    bool word = scene_.type(at_) < LcrParser::LBRACE || scene_.type(at_) == LcrParser::IDENT;
    if (word && line_start_column(tokens_, text_, at_).value_or(column + 1) <= column) return;
    ++at_;
  }
}

void FileReader::check_header() {
  if (result_.header.kind != FileKind::None || header_broken_ || errors_ >= limits_.errors) return;
  Span place = scene_.span(first_);
  reader_.diagnostics.report(codes::L1006, place, "the file does not say its kind", "expected the kind before this")
      .help(
          "write `recipe \"name\"`, `preset name`, `library name`, `architecture name for [...]`, `serving name since "
          "\"...\"` or `machine name` behind `language 1`");
}

}  // namespace

File parse(const Sources& sources, uint32_t file, Diagnostics& diagnostics, const Limits& limits) {
  std::string_view text = sources.file(file).text();
  if (text.size() <= limits.bytes) return FileReader(text, file, diagnostics, limits).read();
  diagnostics.report(
      codes::L1012, {file, 0, 0},
      fmt::format("the file has {} bytes, which is more than the limit of {}", text.size(), limits.bytes));
  File nothing;
  nothing.id = file;
  return nothing;
}

}  // namespace lcr::syntax
