#include "compiler/syntax/statement_parser.h"

namespace lcr::syntax {

namespace {

// Gives up at the first error; what is wrong is found out elsewhere.
class Bail final : public antlr4::BailErrorStrategy {
 public:
  void reportError(antlr4::Parser*, const antlr4::RecognitionException&) override {}
};

}  // namespace

StatementParser::StatementParser(Tokens& tokens) : stream_(tokens), parser_(&stream_) {
  parser_.removeErrorListeners();
  parser_.setErrorHandler(std::make_shared<Bail>());
}

template <typename Context>
Context* StatementParser::read(size_t at, Context* (LcrParser::*rule)()) {
  auto* simulator = parser_.getInterpreter<antlr4::atn::ParserATNSimulator>();
  for (auto mode : {antlr4::atn::PredictionMode::SLL, antlr4::atn::PredictionMode::LL}) {
    simulator->setPredictionMode(mode);
    parser_.reset();
    stream_.seek(at);
    try {
      return (parser_.*rule)();
    } catch (const std::exception&) {
      continue;
    }
  }
  return nullptr;
}

LcrParser::LanguageLineContext* StatementParser::language_line(size_t at) {
  return read(at, &LcrParser::languageLine);
}

LcrParser::HeaderContext* StatementParser::header(size_t at) { return read(at, &LcrParser::header); }

LcrParser::StatementContext* StatementParser::statement(size_t at) { return read(at, &LcrParser::statement); }

bool begins_header(size_t type) { return type >= LcrParser::RECIPE && type <= LcrParser::MACHINE; }

bool begins_statement(size_t type) { return type >= LcrParser::USE && type <= LcrParser::REQUIRE; }

}  // namespace lcr::syntax
