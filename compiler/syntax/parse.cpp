#include "compiler/syntax/parse.h"

#include <fmt/core.h>

#include "compiler/syntax/from_antlr.h"
#include "compiler/syntax/statement_parser.h"

namespace lcr::syntax {

namespace {

class FileReader {
 public:
  FileReader(const SourceFile& source, uint32_t id, Diagnostics& diagnostics, const Limits& limits)
      : tokens_(lex(source.text())), parser_(tokens_), reader_{id, source.text(), diagnostics}, limits_(limits) {}

  File read() {
    result_.id = reader_.file;
    read_language();
    while (tokens_[at_].type() != antlr4::Token::EOF) read_statement();
    return std::move(result_);
  }

 private:
  Span span(size_t token) const { return {reader_.file, tokens_[token].begin(), tokens_[token].end()}; }

  void read_language() {
    if (LcrParser::LanguageLineContext* context = parser_.language_line(0)) {
      result_.language = language_version(reader_, context);
      result_.language_span = reader_.span(context);
      at_ = parser_.next();
      return;
    }
    reader_.diagnostics.report(Code::L1004, span(0), "the file does not begin with `language 1`");
  }

  void read_statement() {
    size_t type = tokens_[at_].type();
    if (begins_header(type)) {
      if (LcrParser::HeaderContext* context = parser_.header(at_)) {
        result_.header = to_header(reader_, context);
        at_ = parser_.next();
        return;
      }
    } else if (begins_statement(type)) {
      if (LcrParser::StatementContext* context = parser_.statement(at_)) {
        result_.statements.push_back(to_statement(reader_, context));
        at_ = parser_.next();
        return;
      }
    }
    reader_.diagnostics.report(Code::L1001, span(at_), "this statement cannot be read");
    do {
      ++at_;
    } while (tokens_[at_].type() != antlr4::Token::EOF && !begins_statement(tokens_[at_].type()));
  }

  Tokens tokens_;
  StatementParser parser_;
  Reader reader_;
  Limits limits_;
  File result_;
  size_t at_ = 0;
};

}  // namespace

File parse(const Sources& sources, uint32_t file, Diagnostics& diagnostics, const Limits& limits) {
  return FileReader(sources.file(file), file, diagnostics, limits).read();
}

}  // namespace lcr::syntax
