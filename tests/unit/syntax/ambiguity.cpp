#include "tests/unit/syntax/ambiguity.h"

namespace lcr::syntax {

namespace {

class Listener final : public antlr4::BaseErrorListener {
 public:
  void syntaxError(antlr4::Recognizer*, antlr4::Token* token, size_t, size_t, const std::string&,
                   std::exception_ptr) override {
    add("error", token == nullptr ? 0 : token->getTokenIndex());
  }
  void reportAmbiguity(antlr4::Parser* parser, const antlr4::dfa::DFA& dfa, size_t start, size_t, bool,
                       const antlrcpp::BitSet&, antlr4::atn::ATNConfigSet*) override {
    add("ambiguity of " + rule(parser, dfa), start);
  }
  void reportAttemptingFullContext(antlr4::Parser* parser, const antlr4::dfa::DFA& dfa, size_t start, size_t,
                                   const antlrcpp::BitSet&, antlr4::atn::ATNConfigSet*) override {
    add("full context for " + rule(parser, dfa), start);
  }

  std::string reports;

 private:
  static std::string rule(antlr4::Parser* parser, const antlr4::dfa::DFA& dfa) {
    return parser->getRuleNames()[dfa.atnStartState->ruleIndex];
  }
  void add(const std::string& what, size_t token) { reports += what + " at token " + std::to_string(token) + "\n"; }
};

}  // namespace

std::string reports_of(Tokens& tokens) {
  TokenReader stream(tokens);
  LcrParser parser(&stream);
  Listener listener;
  parser.removeErrorListeners();
  parser.addErrorListener(&listener);
  parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(
      antlr4::atn::PredictionMode::LL_EXACT_AMBIG_DETECTION);
  parser.setBuildParseTree(false);
  parser.file();
  return listener.reports;
}

}  // namespace lcr::syntax
